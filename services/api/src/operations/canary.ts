import { CANARY_TENANT, type ChangeSubscriber, type JobProducer, tryAcquireLease } from '@cytoqueue/queue';
import type { ModelRegistry } from '@cytoqueue/registry';
import { type Logger, PeriodicTask } from '@cytoqueue/runtime';
import {
  ObjectKeys,
  type PredictionCompletion,
  type PredictionRequest,
  type PredictionResult,
  createId,
  findDocument,
  predictionCompletionShape,
  putDocument,
} from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { waitForResult } from '../predictions/wait';
import type { ApiMetrics } from './api-metrics';
import { type CanaryCase, matchesExpected, canaryCases } from './canary-cases';

/** A result that takes longer counts as a failure, as it would for a clinician. */
const CANARY_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 1_000;

export interface CanaryDeps {
  store: ObjectStore;
  producer: JobProducer;
  registry: ModelRegistry;
  notifications: ChangeSubscriber;
  redis: Redis;
  metrics: Pick<ApiMetrics, 'canarySucceeded' | 'canaryFailed'>;
  logger: Logger;
  intervalSeconds: number;
  timeoutMs?: number;
}

/**
 * Periodically sends a record with a known result through the store, the queue and a worker, from one of all API
 * processes. The record belongs to a tenant without keys and is removed afterwards.
 */
export class Canary {
  private readonly periodic: PeriodicTask;
  /** The last interval whose lease was decided, here or in another process. */
  private lastLeasedInterval: number;
  private isStopping = false;

  constructor(private readonly deps: CanaryDeps) {
    this.lastLeasedInterval = this.currentInterval();
    this.periodic = new PeriodicTask({
      name: 'canary',
      intervalMs: POLL_INTERVAL_MS,
      logger: deps.logger,
      run: () => this.runIfDue(),
    });
  }

  /** Sends the first record at the start of the next interval, when the workers are up too. */
  start(): void {
    if (this.deps.intervalSeconds > 0) this.periodic.start();
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.periodic.stop();
  }

  private currentInterval(): number {
    return Math.floor(Date.now() / (this.deps.intervalSeconds * 1_000));
  }

  private async runIfDue(): Promise<void> {
    const interval = this.currentInterval();
    const { redis, intervalSeconds } = this.deps;
    if (interval <= this.lastLeasedInterval || redis.status !== 'ready') return;
    const isLeased = await tryAcquireLease(redis, `canary:${interval}`, 2_000 * intervalSeconds);
    this.lastLeasedInterval = interval;
    const canaryCase = canaryCases[interval % canaryCases.length];
    if (isLeased && canaryCase !== undefined) await this.runOnce(canaryCase);
  }

  private async runOnce(canaryCase: CanaryCase): Promise<void> {
    const { metrics, logger, store } = this.deps;
    const id = createId('pred_');
    const startedMs = performance.now();
    try {
      const prediction = await this.predict(id, canaryCase);
      if (this.isStopping && prediction === undefined) return;
      if (matchesExpected(canaryCase, prediction)) return metrics.canarySucceeded(performance.now() - startedMs);
      logger.error(
        { id, case: canaryCase.name, answered: prediction !== undefined },
        prediction === undefined ? 'the canary got no result in time' : 'the canary got a wrong result',
      );
      metrics.canaryFailed();
    } catch (error) {
      logger.error({ err: error, id }, 'the canary could not be sent');
      metrics.canaryFailed();
    } finally {
      await store.deletePrefix(ObjectKeys.predictionFolder(CANARY_TENANT, id));
    }
  }

  /** @returns undefined when there is no result in time */
  private async predict(
    id: string,
    { features }: CanaryCase,
  ): Promise<{ result: PredictionResult; model: string } | undefined> {
    const { store, producer, registry, notifications, timeoutMs = CANARY_TIMEOUT_MS } = this.deps;
    const model = await registry.resolve();
    const request: PredictionRequest = {
      id,
      created_at: new Date().toISOString(),
      model,
      operating_point: 'default',
      features,
    };
    await putDocument(store, ObjectKeys.predictionRequest(CANARY_TENANT, id), request);
    await producer.enqueuePrediction({ tenant: CANARY_TENANT, predictionId: id });
    const read = () =>
      findDocument<PredictionCompletion>(
        store,
        ObjectKeys.predictionCompletion(CANARY_TENANT, id),
        predictionCompletionShape,
      );
    const completion = await waitForResult({ id, notifications, timeoutMs, read, isAbandoned: () => this.isStopping });
    return completion?.status === 'succeeded'
      ? { result: completion.result, model: `${model.name}@${model.version}` }
      : undefined;
  }
}
