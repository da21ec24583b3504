import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ShardSplitter, readHeader } from '@cytoqueue/csv';
import { BatchProgress, JobProducer, createProducerConnection, createWorkerConnection } from '@cytoqueue/queue';
import { ModelRegistry } from '@cytoqueue/registry';
import { CleanupStack, createLogger } from '@cytoqueue/runtime';
import {
  type BatchOptions,
  type BatchDocument,
  type ModelPin,
  ObjectKeys,
  type PredictionRequest,
  createId,
} from '@cytoqueue/records';
import { type ObjectStore, openStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../test/src/support/redis-process';
import { waitUntil } from '../../../test/src/support/wait-until';
import { type WorkerDeps, createConsumers } from '../src/consumers';
import { ScoringPool } from '../src/scoring/pool';
import { TrainingProcessor } from '../src/training/training-processor';
import { WorkerMetrics } from '../src/worker-metrics';

export { HEADER, ROW } from '../../../test/src/support/csv-rows';

const THREAD_FILE = join(__dirname, '..', 'dist', 'scoring', 'thread.js');
const TRAINING_THREAD_FILE = join(__dirname, '..', 'dist', 'training', 'training-thread.js');
export const TENANT = 'lab';

const RECORD = {
  clump_thickness: 5,
  uniformity_of_cell_size: 1,
  uniformity_of_cell_shape: 1,
  marginal_adhesion: 1,
  single_epithelial_cell_size: 2,
  bare_nuclei: null,
  bland_chromatin: 3,
  normal_nucleoli: 1,
  mitoses: 1,
};

/**
 * A worker's dependencies (file store, models, scoring threads, a Redis of its own), and the producer and the work of an
 * API.
 */
export class RunningWorker {
  private readonly cleanups = new CleanupStack();
  readonly logged: {
    level: number;
    msg: string;
    queue?: string;
    attempt?: number;
    alarm?: string;
    reason?: string;
    err?: object;
  }[] = [];
  deps!: WorkerDeps;
  pin!: ModelPin;
  /** As an API connects to Redis. */
  connection!: Redis;
  producer!: JobProducer;

  static async start(): Promise<RunningWorker> {
    const worker = new RunningWorker();
    const { url: redisUrl } = await worker.startRedis();
    const dir = await mkdtemp(join(tmpdir(), 'worker-'));
    worker.cleanups.push('files', () => rm(dir, { recursive: true }));
    const store = openStore(pathToFileURL(dir).href);
    await store.start();
    const registry = new ModelRegistry(store);
    await registry.installShipped();
    worker.pin = await registry.resolve();
    const redis = createWorkerConnection(redisUrl, () => undefined);
    worker.cleanups.push('redis of the worker', () => redis.disconnect());
    const pool = new ScoringPool(1, THREAD_FILE);
    worker.cleanups.push('pool', () => pool.stop());
    const logger = createLogger(
      { service: 'worker', environment: 'test', level: 'info' },
      { write: (line) => void worker.logged.push(JSON.parse(line)) },
    );
    const progress = new BatchProgress(redis);
    const metrics = new WorkerMetrics(redis, progress, logger);
    const protection = { run: <T>(work: () => Promise<T>) => work() };
    const livenessMonitor = { recordActivity: () => undefined };
    const producer = { waitingJobs: async () => 0 };
    const trainings = new TrainingProcessor(
      { store, registry, producer, redis, livenessMonitor },
      TRAINING_THREAD_FILE,
    );
    worker.cleanups.push('trainings', () => trainings.stop());
    worker.deps = {
      store,
      registry,
      pool,
      progress,
      metrics,
      livenessMonitor,
      redis,
      logger,
      protection,
      threads: 1,
      trainings,
      singleRecords: worker.producer.singleRecords,
    };
    return worker;
  }

  private async startRedis(): Promise<RedisProcess> {
    const redis = await RedisProcess.start();
    this.cleanups.push('redis', () => redis.down());
    this.connection = createProducerConnection(redis.url, () => undefined);
    this.cleanups.push('connection', () => this.connection.disconnect());
    this.producer = new JobProducer(this.connection, () => undefined);
    this.cleanups.push('producer', () => this.producer.stop());
    await waitUntil('Redis is connected', () => this.connection.status === 'ready');
    return redis;
  }

  get store(): ObjectStore {
    return this.deps.store;
  }

  stop(): Promise<void> {
    return this.cleanups.releaseAll();
  }

  /** Runs `work` while consumers of every queue are running. */
  async whileConsuming<T>(work: () => Promise<T>): Promise<T> {
    const consumers = createConsumers(this.deps);
    consumers.start();
    try {
      return await work();
    } finally {
      await consumers.stop();
    }
  }

  /** Stores an accepted prediction. @returns its id */
  async acceptPrediction(change: Partial<PredictionRequest> = {}): Promise<string> {
    const id = createId('pred_');
    const request: PredictionRequest = {
      id,
      created_at: new Date().toISOString(),
      model: this.pin,
      operating_point: 'default',
      features: RECORD,
      ...change,
    };
    await this.store.put(ObjectKeys.predictionRequest(TENANT, id), Buffer.from(JSON.stringify(request)));
    await this.store.put(ObjectKeys.pending(TENANT, id), Buffer.alloc(0));
    return id;
  }

  /** Stores an accepted batch with shards of `shardRows` rows. */
  async acceptBatch(
    csv: string,
    shardRows: number,
    options: Partial<BatchOptions> = {},
    model = this.pin,
  ): Promise<BatchDocument> {
    const file = Buffer.from(csv);
    const header = readHeader(file, {
      final: true,
      countRecognized: (columns) => columns.filter((column) => /^V\d$/.test(column)).length,
      maxBytes: 1_000,
      maxColumns: 100,
    });
    if (header === undefined) throw new Error('the file has no header');
    const splitter = new ShardSplitter(header, { shardRows, shardBytes: 1e7, maxShards: 100, maxRowBytes: 1_000 });
    splitter.push(file.subarray(header.byteLength));
    const { rows, shards } = splitter.end();
    const { dialect, columns, byteLength } = header;
    const batch: BatchDocument = {
      id: createId('batch_'),
      created_at: new Date().toISOString(),
      filename: null,
      model,
      options: {
        on_error: 'continue',
        formulas: 'escape',
        operating_point: 'default',
        missing: 'partial',
        explain: false,
        ...options,
      },
      input: { bytes: file.length, sha256: '', dialect, columns, header_bytes: byteLength },
      rows,
      shards,
    };
    await this.store.put(ObjectKeys.batchInput(TENANT, batch.id), file);
    await this.store.put(ObjectKeys.batchDocument(TENANT, batch.id), Buffer.from(JSON.stringify(batch)));
    await this.store.put(ObjectKeys.pending(TENANT, batch.id), Buffer.alloc(0));
    return batch;
  }

  async isPending(id: string): Promise<boolean> {
    return (await this.store.head(ObjectKeys.pending(TENANT, id))) !== undefined;
  }

  async json<T>(key: string): Promise<T> {
    return JSON.parse((await this.store.get(key)).toString()) as T;
  }
}
