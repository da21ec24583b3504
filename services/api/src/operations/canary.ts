import { CANARY_TENANT, type ChangeListener, type Producer, takeTurn } from '@cytoqueue/queue';
import type { Registry } from '@cytoqueue/registry';
import { type Logger, Periodic } from '@cytoqueue/runtime';
import { ObjectKeys, type ObjectStore, type PredictionEnd, type PredictionRequest, type PredictionResult, createId, findDocument, predictionEndShape } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { putJson } from '../http/stored-json';
import { waitFor } from '../predictions/wait';
import type { ApiMetrics } from './api-metrics';
import { type KnownCase, isRightAnswer, knownCases } from './known-cases';

/** A clinician who waits for so long has been failed. */
const PATIENCE_MS = 10_000;
const ASK_MS = 1_000;

export interface CanaryParts {
  store: ObjectStore;
  producer: Producer;
  registry: Registry;
  changes: ChangeListener;
  redis: Redis;
  metrics: Pick<ApiMetrics, 'canaryAnswered' | 'canaryFailed'>;
  logger: Logger;
  everySeconds: number;
  patienceMs?: number;
}

/**
 * Sends a record with a known answer the way of every other, now and then, from one process of all: through the store, the
 * queue and a worker. It belongs to a tenant that nobody has a key for, and is removed when its answer has come.
 */
export class Canary {
  private readonly periodic: Periodic;
  /** The last one that was given away, to whichever process. */
  private settledSlot: number;
  private isStopping = false;

  constructor(private readonly parts: CanaryParts) {
    this.settledSlot = this.slot();
    this.periodic = new Periodic({ name: 'canary', everyMs: ASK_MS, logger: parts.logger, turn: () => this.turn() });
  }

  /** The first record goes out when the next minute (or what it is set to) begins: by then the workers are up as well. */
  start(): void {
    if (this.parts.everySeconds > 0) this.periodic.start();
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.periodic.stop();
  }

  private slot(): number {
    return Math.floor(Date.now() / (this.parts.everySeconds * 1_000));
  }

  private async turn(): Promise<void> {
    const slot = this.slot();
    const { redis, everySeconds } = this.parts;
    if (slot <= this.settledSlot || redis.status !== 'ready') return;
    const isTurn = await takeTurn(redis, `canary:${slot}`, 2_000 * everySeconds);
    this.settledSlot = slot;
    if (isTurn) await this.send(knownCases[slot % knownCases.length]);
  }

  private async send(known: KnownCase): Promise<void> {
    const { metrics, logger, store } = this.parts;
    const id = createId('pred_');
    const startedMs = performance.now();
    try {
      const answer = await this.ask(id, known);
      if (this.isStopping && answer === undefined) return;
      if (isRightAnswer(known, answer)) return metrics.canaryAnswered(performance.now() - startedMs);
      logger.error({ id, case: known.name, answered: answer !== undefined }, answer === undefined ? 'canary without an answer' : 'canary with a wrong answer');
      metrics.canaryFailed();
    } catch (error) {
      logger.error({ err: error, id }, 'canary not sent');
      metrics.canaryFailed();
    } finally {
      await store.deletePrefix(ObjectKeys.predictionPrefix(CANARY_TENANT, id));
    }
  }

  /** undefined when there is no result in time. */
  private async ask(id: string, { features }: KnownCase): Promise<{ result: PredictionResult; model: string } | undefined> {
    const { store, producer, registry, changes, patienceMs = PATIENCE_MS } = this.parts;
    const model = await registry.resolve();
    const request: PredictionRequest = { id, created_at: new Date().toISOString(), model, operating_point: 'default', features };
    await putJson(store, ObjectKeys.predictionRequest(CANARY_TENANT, id), request);
    await producer.enqueuePrediction({ tenant: CANARY_TENANT, predictionId: id });
    const read = () => findDocument<PredictionEnd>(store, ObjectKeys.predictionResult(CANARY_TENANT, id), predictionEndShape);
    const end = await waitFor({ id, changes, timeoutMs: patienceMs, read, isGone: () => this.isStopping });
    return end?.status === 'succeeded' ? { result: end.result, model: `${model.name}@${model.version}` } : undefined;
  }
}
