import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchSender, CloudWatchPublisher } from '@cytoqueue/metrics';
import {
  BatchProgress,
  JobProducer,
  CounterOutbox,
  WorkerHeartbeat,
  createProducerConnection,
  createWorkerConnection,
  probeRedis,
} from '@cytoqueue/queue';
import { ModelRegistry, createStoreProbe } from '@cytoqueue/registry';
import {
  type Config,
  DependencyWatch,
  type Logger,
  Readiness,
  type CleanupStack,
  TaskProtection,
  notifyParent,
  watchReadiness,
} from '@cytoqueue/runtime';
import { judgeDrift } from '@cytoqueue/classifier';
import { DamageReport, decodeShardObject } from '@cytoqueue/records';
import { openStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { type WorkerDeps, createConsumers, shardConcurrency } from './consumers';
import { startHealthServer } from './health';
import { Predictors } from './jobs/predictors';
import { createReconciler } from './jobs/reconciler';
import { ScoringPool } from './scoring/pool';
import { TrainingProcessor } from './training/training-processor';
import { ShadowScorer } from './shadow/shadow-scorer';
import { LivenessMonitor } from './liveness-monitor';
import { WorkerMetrics } from './worker-metrics';

/** A stop gives a running shard 60 s to finish, so only longer jobs need protection from scale-in and deployments. */
const PROTECT_AFTER_MS = 20_000;
/** A worker is up after this time, warm or not; it takes jobs from the start. */
const MAX_WARM_UP_MS = 10_000;
const LOCAL_REDIS = 'redis://127.0.0.1:6379';

/** Builds the worker. Each part pushes its clean-up, so consumers stop before the pool, store and Redis they use. */
export async function startWorker(config: Config, logger: Logger, cleanups: CleanupStack): Promise<void> {
  const store = openStore(config.storageUrl, { isWorker: true });
  cleanups.push('store', () => store.stop());
  const registry = new ModelRegistry(store);

  const onRedisError = (error: Error) => logger.warn({ err: error }, 'Redis connection error');
  // A connection besides the consumers' one: these commands must fail rather than wait when Redis is unreachable.
  const commands = createProducerConnection(config.redisUrl ?? LOCAL_REDIS, onRedisError);
  cleanups.push('redis commands', () => commands.disconnect());
  const dependencyWatch = new DependencyWatch({
    logger,
    probes: { redis: () => probeRedis(commands), store: createStoreProbe(store, registry) },
  });
  cleanups.push('dependency watch', () => dependencyWatch.stop());
  // Rejects an unsuitable store or Redis before anything else uses it.
  await dependencyWatch.start();
  const redis = createWorkerConnection(config.redisUrl ?? LOCAL_REDIS, onRedisError);
  cleanups.push('redis', () => redis.disconnect());
  const producer = new JobProducer(commands, onRedisError);
  cleanups.push('producer', () => producer.stop());
  const threads = config.workerThreads;
  const pool = new ScoringPool(threads);
  cleanups.push('scoring pool', () => pool.stop());

  const predictors = new Predictors(registry);
  const warmingUp = warmUp({ registry, pool, predictors, logger });

  const progress = new BatchProgress(redis);
  const metrics = new WorkerMetrics(redis, progress, logger);
  dependencyWatch.onFailure = () => metrics.dependencyProbeFailed();
  flushCountersOnStop(config, commands, logger, cleanups);
  const protection = new TaskProtection({ agentUri: config.ecsAgentUri, logger, minRunMs: PROTECT_AFTER_MS });
  protection.start();
  cleanups.push('task protection', () => protection.stop());
  const livenessMonitor = new LivenessMonitor(producer, config.workerStallSeconds * 1_000, logger);
  const trainings = new TrainingProcessor({ store, registry, producer, redis, livenessMonitor });
  const consumers = createConsumers(
    {
      store,
      registry,
      pool,
      progress,
      metrics,
      livenessMonitor,
      redis,
      logger,
      protection,
      threads,
      trainings,
      singleRecords: producer.singleRecords,
    },
    predictors,
  );
  consumers.start();
  cleanups.push('consumers', () => consumers.stop());
  livenessMonitor.start();
  cleanups.push('liveness monitor', () => livenessMonitor.stop());
  const heartbeat = new WorkerHeartbeat(redis, `${hostname()}-${randomUUID().slice(0, 8)}`, shardConcurrency(threads));
  heartbeat.start();
  cleanups.push('heartbeat', () => heartbeat.stop());
  const damage = new DamageReport(logger, () => metrics.checksumMismatch());
  const reconciler = createReconciler({ store, producer, redis: commands, metrics, damage, logger });
  reconciler.start();
  cleanups.push('reconciler', () => reconciler.stop());

  const shadowScorer = new ShadowScorer({ store, registry, producer, redis: commands, metrics, logger });
  shadowScorer.start();
  cleanups.push('shadow scorer', () => shadowScorer.stop());

  const readiness = new Readiness(
    {
      redis: () => (redis.status === 'ready' ? redis.ping() : Promise.reject(new Error('not connected'))),
      store: () => store.checkWritable(),
    },
    dependencyWatch,
  );
  const readinessWatch = watchReadiness({ readiness, logger });
  readinessWatch.start();
  cleanups.push('readiness watch', () => readinessWatch.stop());
  const health = await startHealthServer({
    host: config.host,
    port: config.workerPort,
    isStalled: () => livenessMonitor.isStalled,
    readiness,
    metrics: () => metrics.text(),
  });
  cleanups.push('health', () => health.stop());
  await Promise.race([warmingUp, sleep(MAX_WARM_UP_MS, undefined, { ref: false })]);
  logger.info({ port: health.port, threads }, 'ready');
  notifyParent({ type: 'ready', port: health.port });
}

/** Compiles what the default model's first batch and first record need. Never rejects. */
async function warmUp({
  registry,
  pool,
  predictors,
  logger,
}: Pick<WorkerDeps, 'registry' | 'pool' | 'logger'> & { predictors: Predictors }): Promise<void> {
  try {
    const loaded = await registry.load();
    const [object] = await Promise.all([pool.warmUp(loaded), predictors.warmUp(loaded.pin)]);
    // The results of a batch are judged on this thread, which takes 30 ms the first time.
    judgeDrift(decodeShardObject(object, 'warm-up').histogram, loaded.model);
  } catch (error) {
    logger.warn({ err: error }, 'warm-up failed');
  }
}

/** Sends the current minute's counters on stop: no other process may be left to publish them. */
function flushCountersOnStop(
  { environment, cloudwatchNamespace }: Config,
  redis: Redis,
  logger: Logger,
  cleanups: CleanupStack,
): void {
  if (cloudwatchNamespace === undefined) return;
  cleanups.push('counters', async () => {
    const sender = new CloudWatchSender(cloudwatchNamespace);
    const publisher = new CloudWatchPublisher({ environment, counters: new CounterOutbox(redis), sender });
    await publisher.flush().catch((error: unknown) => logger.warn({ err: error }, 'the last counters were not sent'));
    sender.stop();
  });
}
