import { REDIS_PREFIX, asQueueUnavailable } from '@cytoqueue/queue';
import { type ModelRegistry, ignoreMissingModel, isOwn, readEvaluation } from '@cytoqueue/registry';
import type { Logger } from '@cytoqueue/runtime';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { computeFigures } from './figures';
import { readConfirmations } from './performance';

/** Fewer confirmed malignant cases say too little. */
const MIN_POSITIVES = 30;
const KEY = `${REDIS_PREFIX}:sensitivity-below-card`;
/** Every pass of any process writes it again. */
const TTL_SECONDS = 600;

interface WatchDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  redis: Redis;
  logger: Logger;
}

/**
 * Compares confirmed sensitivity with the model card. An alarm: the upper bound of the 95 % interval lies below the lower bound in
 * the card. The card has one interval, at the default operating point; other points find at least as many malignant cases.
 */
export class SensitivityWatch {
  /** Model and operating point of each alarm, by tenant. */
  private alarms = new Map<string, ReadonlySet<string>>();

  constructor(private readonly deps: WatchDeps) {}

  /** @param summaries all of the tenant */
  async check(tenant: string, summaries: readonly { day: string; version: number }[]): Promise<void> {
    const confirmations = await readConfirmations(this.deps.store, tenant, summaries);
    const data = computeFigures(confirmations, [], { fromMs: -Infinity, toMs: Infinity, includes: () => true });
    const low = new Set<string>();
    for (const { model, operating_point, outcome, sensitivity, true_positive, false_negative } of data) {
      if (outcome !== 'all' || sensitivity === null || true_positive + false_negative < MIN_POSITIVES) continue;
      const bound = isOwn(model) ? undefined : await this.cardBound(model);
      if (bound !== undefined && sensitivity.high < bound) low.add(`${model} ${operating_point}`);
    }
    for (const item of low) {
      if (this.alarms.get(tenant)?.has(item) === true) continue;
      const [model, operating_point] = item.split(' ');
      this.deps.logger.error(
        { tenant, model, operating_point, alarm: 'sensitivity-below-card' },
        'ALARM: confirmed sensitivity is below the model card',
      );
    }
    this.alarms.set(tenant, low);
  }

  /** For the gauge of every API process. @param tenants those that confirm diagnoses */
  async publish(tenants: ReadonlySet<string>): Promise<void> {
    for (const tenant of this.alarms.keys()) if (!tenants.has(tenant)) this.alarms.delete(tenant);
    const count = [...this.alarms.values()].reduce((total, { size }) => total + size, 0);
    await this.deps.redis.set(KEY, count, 'EX', TTL_SECONDS);
  }

  /** @returns undefined for a version without a card */
  private async cardBound(reference: string): Promise<number | undefined> {
    const found = await this.deps.registry.load(reference).catch(ignoreMissingModel);
    if (found === undefined) return undefined;
    const evaluation = await readEvaluation(found.pin);
    return evaluation?.cv_intervals['sensitivity']?.[0];
  }
}

/** How many tenants' models have the alarm, as the last pass has found. @throws QueueUnavailableError */
export async function readSensitivityAlarms(redis: Redis): Promise<number> {
  return Number((await asQueueUnavailable(redis.get(KEY))) ?? 0);
}
