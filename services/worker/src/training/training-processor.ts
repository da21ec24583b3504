import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type JobProducer,
  PostponeError,
  QueueUnavailableError,
  type TrainingJob,
  publishChange,
} from '@cytoqueue/queue';
import {
  type ModelPin,
  OWN_PREFIX,
  type TrainingDocument,
  TrainingKeys,
  type TrainingResult,
  decodeTrainingRows,
  deletePending,
  findDocument,
  putDocument,
  putOrReadDocument,
  trainingFoldShape,
  trainingResultShape,
  trainingShape,
  trainingVersionShape,
} from '@cytoqueue/records';
import {
  type LoadedModel,
  type ModelRegistry,
  NoChampionError,
  type OwnModels,
  ignoreMissingModel,
} from '@cytoqueue/registry';
import { ObjectCorruptError, ObjectMismatchError, type ObjectStore } from '@cytoqueue/storage';
import type { EvaluationData, FoldAnswers } from '@cytoqueue/training';
import type { Redis } from 'ioredis';
import { Piscina } from 'piscina';
import type { LivenessMonitor } from '../liveness-monitor';
import { schemaOf } from '@cytoqueue/schema';
import type { FittedVersion, SentOptions, TrainingAnswer, TrainingTask } from './training-task';

/** How often a training looks whether other work waits. */
const TURN_INTERVAL_MS = 500;
/** Another worker may take the training as soon as this one has stopped. */
const STOPPED_DELAY_MS = 1_000;
/** The thread ends when no training has run for this long. */
const IDLE_THREAD_MS = 10_000;

/** A training that needs more fails without ending the process, which also scores. The largest one needs some 250 MB. */
const MAX_HEAP_MB = 768;

export interface TrainingDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  producer: Pick<JobProducer, 'waitingJobs'>;
  redis: Redis;
  livenessMonitor: Pick<LivenessMonitor, 'recordActivity'>;
}

/** No model can be trained on the data, for a reason that another attempt would find again. */
class RefusedError extends Error {
  constructor(readonly reason: { code: string; detail: string }) {
    super(reason.code);
  }
}

/** The training was canceled, and perhaps deleted. */
class EndedError extends Error {}

/**
 * Trains own models, one at a time and only while no record, shard or finalizer waits. The answers of each fold are stored, so a
 * training whose worker was killed goes on at the fold it was in. The final state is written once: of a cancellation and the
 * end of the training, the first counts.
 */
export class TrainingProcessor {
  private readonly thread: Piscina<TrainingTask, TrainingAnswer<FoldAnswers | FittedVersion>>;
  private isStopping = false;

  /** `threadFile`: compiled JavaScript, because the thread loads it directly. */
  constructor(
    private readonly deps: TrainingDeps,
    threadFile = join(__dirname, 'training-thread.js'),
  ) {
    this.thread = new Piscina({
      filename: threadFile,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: IDLE_THREAD_MS,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
  }

  /** @throws PostponeError when this worker stops */
  async process({ tenant, trainingId }: TrainingJob): Promise<void> {
    const { store } = this.deps;
    const training = await findDocument(store, TrainingKeys.document(tenant, trainingId), trainingShape);
    // It was deleted.
    if (training === undefined) return;
    try {
      await this.train(tenant, training);
    } catch (error) {
      if (this.isStopping) throw new PostponeError('worker-stopping', STOPPED_DELAY_MS);
      if (error instanceof RefusedError) await this.end(tenant, trainingId, { status: 'failed', error: error.reason });
      else if (error instanceof EndedError) await this.removeUnfinishedVersion(tenant, training);
      else throw error;
    }
    await deletePending(store, tenant, trainingId);
    // It was deleted while a fold was computed, whose answers were stored after that.
    if (!(await this.exists(tenant, trainingId))) await store.deletePrefix(TrainingKeys.folder(tenant, trainingId));
  }

  /** Ends a training whose attempts are used up. */
  async fail({ tenant, trainingId }: TrainingJob): Promise<void> {
    const detail = 'The training failed several times for a reason that the log of the workers names. Start it again.';
    await this.end(tenant, trainingId, { status: 'failed', error: { code: 'internal-error', detail } });
    const training = await findDocument(this.deps.store, TrainingKeys.document(tenant, trainingId), trainingShape);
    if (training !== undefined) await this.removeUnfinishedVersion(tenant, training);
    await deletePending(this.deps.store, tenant, trainingId);
  }

  /** Ends the running fold; the training is postponed, and another worker goes on with it. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.thread.destroy();
  }

  private async train(tenant: string, training: TrainingDocument): Promise<void> {
    const data = await this.readRows(tenant, training);
    const { id, folds, repetitions, seed, schema, input } = training;
    const options: SentOptions = {
      name: OWN_PREFIX + training.name,
      schema,
      seed,
      folds,
      repetitions,
      dataDigest: `sha256:${input.sha256}`,
    };
    const answers: FoldAnswers[] = [];
    for (let number = 1; number <= folds * repetitions; number++)
      answers.push(await this.answerFold(tenant, id, { data, options, number }));
    await this.addVersion(tenant, training, { data, options, answers });
  }

  private async readRows(tenant: string, training: TrainingDocument): Promise<EvaluationData> {
    const key = TrainingKeys.rows(tenant, training.id);
    const bytes = await this.deps.store.get(key);
    if (createHash('sha256').update(bytes).digest('hex') !== training.rows_sha256)
      throw new ObjectCorruptError(key, 'its SHA-256 is not that of the accepted rows');
    const { groups, ...rows } = decodeTrainingRows(key, bytes, training.complete_rows, training.features);
    return { training: rows, groups };
  }

  /** Returns the stored answers of a fold, or computes and stores them. */
  private async answerFold(
    tenant: string,
    id: string,
    task: Omit<Extract<TrainingTask, { kind: 'fold' }>, 'kind'>,
  ): Promise<FoldAnswers> {
    const { store, redis, livenessMonitor } = this.deps;
    const key = TrainingKeys.fold(tenant, id, task.number);
    const stored = await findDocument(store, key, trainingFoldShape);
    if (stored !== undefined) return stored;
    await this.waitForTurn(tenant, id);
    const answers = await this.run<FoldAnswers>({ kind: 'fold', ...task });
    await putDocument(store, key, answers);
    livenessMonitor.recordActivity();
    await publishChange(redis, id, 'step');
    return answers;
  }

  /** Waits until no other work does. @throws EndedError when the training was canceled */
  private async waitForTurn(tenant: string, id: string): Promise<void> {
    while (!this.isStopping && (await this.hasOtherWork())) await sleep(TURN_INTERVAL_MS);
    if (this.isStopping) throw new PostponeError('worker-stopping', STOPPED_DELAY_MS);
    await this.assertNotEnded(tenant, id);
  }

  /** @throws EndedError when the training was canceled, and perhaps deleted */
  private async assertNotEnded(tenant: string, id: string): Promise<void> {
    if ((await this.deps.store.head(TrainingKeys.result(tenant, id))) !== undefined) throw new EndedError();
    if (!(await this.exists(tenant, id))) throw new EndedError();
  }

  /** While Redis does not answer, there may be. */
  private async hasOtherWork(): Promise<boolean> {
    try {
      return (await this.deps.producer.waitingJobs()) > 0;
    } catch (error) {
      if (error instanceof QueueUnavailableError) return true;
      throw error;
    }
  }

  private async addVersion(
    tenant: string,
    training: TrainingDocument,
    { data, options, answers }: { data: EvaluationData; options: SentOptions; answers: FoldAnswers[] },
  ): Promise<void> {
    const { store, registry } = this.deps;
    const { id, name, rows, classes } = training;
    const own = registry.ofTenant(tenant);
    const others = await this.findOthers(tenant, training);
    const key = TrainingKeys.version(tenant, id);
    // A redelivered training stores the version that it has reserved, not one more.
    let reserved = await findDocument(store, key, trainingVersionShape);
    for (;;) {
      reserved ??= { version: String(await own.nextVersion(name)) };
      await putDocument(store, key, reserved);
      await this.waitForTurn(tenant, id);
      const { version } = reserved;
      const fitted = await this.run<FittedVersion>({
        kind: 'fit',
        data,
        options,
        answers,
        version,
        facts: { rows, classes },
        others,
      });
      // A canceled training adds no version, not even for a moment.
      await this.assertNotEnded(tenant, id);
      const model = await this.addOrSkip(own, name, version, Buffer.from(fitted.bytes));
      if (model !== undefined) return this.publish(tenant, training, model, fitted);
      reserved = undefined;
    }
  }

  /** @returns undefined when another training has taken the number meanwhile */
  private async addOrSkip(own: OwnModels, name: string, version: string, bytes: Buffer): Promise<ModelPin | undefined> {
    try {
      return await own.addVersion(name, version, bytes);
    } catch (error) {
      if (error instanceof ObjectMismatchError) return undefined;
      throw error;
    }
  }

  private async publish(
    tenant: string,
    training: TrainingDocument,
    model: ModelPin,
    { artifacts, comparisons, evaluation }: FittedVersion,
  ): Promise<void> {
    const { id, name } = training;
    const own = this.deps.registry.ofTenant(tenant);
    const { version } = model;
    await own.putArtifacts(name, version, artifacts);
    if (comparisons.length > 0) await own.comparisons.add({ ...model, name }, comparisons);
    // An admin may delete the training as soon as it has succeeded; the version stays then.
    const exists = await this.exists(tenant, id);
    const result = exists ? await this.end(tenant, id, { status: 'succeeded', model, evaluation }) : undefined;
    if (result?.model?.version !== version) await this.removeVersion(tenant, training, version);
  }

  /** Removes the version that a training has added before it ended otherwise. */
  private async removeUnfinishedVersion(tenant: string, training: TrainingDocument): Promise<void> {
    const { store } = this.deps;
    const [reserved, result] = await Promise.all([
      findDocument(store, TrainingKeys.version(tenant, training.id), trainingVersionShape),
      findDocument(store, TrainingKeys.result(tenant, training.id), trainingResultShape),
    ]);
    if (reserved !== undefined && result?.status !== 'succeeded')
      await this.removeVersion(tenant, training, reserved.version);
  }

  /** Removes a version if it was trained on this file: another training may have taken the number. */
  private async removeVersion(tenant: string, { name, input }: TrainingDocument, version: string): Promise<void> {
    const own = this.deps.registry.ofTenant(tenant);
    const found = await this.findModel(tenant, `${OWN_PREFIX}${name}@${version}`);
    if (found?.model.file.training.data_digest !== `sha256:${input.sha256}`) return;
    await own.delete(name, version);
  }

  /** Files of the champions of the same schema: that of the own name, and shared ones. */
  private async findOthers(tenant: string, { name, schema }: TrainingDocument): Promise<Uint8Array[]> {
    const { registry } = this.deps;
    const { id } = schemaOf(schema);
    const shared = (await registry.list()).filter(({ champion }) => champion !== null);
    const references = [OWN_PREFIX + name, ...shared.map((entry) => `${entry.name}@${entry.champion}`)];
    const loaded = await Promise.all(references.map((reference) => this.findModel(tenant, reference)));
    return loaded.flatMap((other) => (other?.model.schema.id === id ? [other.bytes] : []));
  }

  /** @returns undefined for a name without a champion, and for a damaged file */
  private async findModel(tenant: string, reference: string): Promise<LoadedModel | undefined> {
    const { registry } = this.deps;
    try {
      return await registry.load(reference, tenant);
    } catch (error) {
      return error instanceof NoChampionError ? undefined : ignoreMissingModel(error);
    }
  }

  private async exists(tenant: string, id: string): Promise<boolean> {
    return (await this.deps.store.head(TrainingKeys.document(tenant, id))) !== undefined;
  }

  private async run<T extends FoldAnswers | FittedVersion>(task: TrainingTask): Promise<T> {
    const answer = await this.thread.run(task);
    if ('refused' in answer) throw new RefusedError(answer.refused);
    return answer.done as T;
  }

  /** @returns the final state, which may be one that was written before */
  private async end(tenant: string, id: string, result: Omit<TrainingResult, 'completed_at'>): Promise<TrainingResult> {
    const document = { ...result, completed_at: new Date().toISOString() };
    return putOrReadDocument(this.deps.store, TrainingKeys.result(tenant, id), document, trainingResultShape);
  }
}
