import { randomUUID } from 'node:crypto';
import { CloudWatchSender, Publisher } from '@cytoqueue/metrics';
import { BatchProgress, Producer, SumsOutbox, WorkerPresence, createProducerConnection, createWorkerConnection, probeRedis } from '@cytoqueue/queue';
import { Registry, createStoreProbe } from '@cytoqueue/registry';
import { type Config, DependencyWatch, type Logger, Readiness, type Releasers, TaskProtection, tellParent, watchReadiness } from '@cytoqueue/runtime';
import { DamageReport, createObjectStore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { createConsumers, shardSlots } from './consumers';
import { startHealthServer } from './health';
import { createReconciler } from './reconciler';
import { ScoringPool } from './scoring/pool';
import { StallWatch } from './stall-watch';
import { WorkMetrics } from './work-metrics';

/** A stop leaves a running shard a minute; only longer jobs need protection from scale-in and deployments. */
const PROTECT_AFTER_MS = 20_000;
const LOCAL_REDIS = 'redis://127.0.0.1:6379';

/** Builds the worker from its parts. Each part pushes its releaser: consumers stop before the pool, store and Redis they use. */
export async function startWorker(config: Config, logger: Logger, releasers: Releasers): Promise<void> {
  const store = createObjectStore(config.storageUrl);
  releasers.push('store', () => store.stop());
  const registry = new Registry(store);

  const onRedisError = (error: Error) => logger.warn({ err: error }, 'redis');
  // Not the consumers' connection: these commands must fail rather than wait when Redis is away.
  const commands = createProducerConnection(config.redisUrl ?? LOCAL_REDIS, onRedisError);
  releasers.push('redis commands', () => commands.disconnect());
  const watch = new DependencyWatch({ logger, probes: { redis: () => probeRedis(commands), store: createStoreProbe(store, registry) } });
  releasers.push('dependency watch', () => watch.stop());
  // Before anything else uses them: what is unsuitable ends the start here.
  await watch.start();
  const redis = createWorkerConnection(config.redisUrl ?? LOCAL_REDIS, onRedisError);
  releasers.push('redis', () => redis.disconnect());
  const producer = new Producer(commands, onRedisError);
  releasers.push('producer', () => producer.stop());
  const threads = config.workerThreads;
  const pool = new ScoringPool(threads);
  releasers.push('scoring pool', () => pool.stop());

  const warmingUp = registry.resolve().then(async (pin) => pool.warmUp(await registry.pinned(pin)));
  warmingUp.catch((error: unknown) => logger.warn({ err: error }, 'warm-up failed'));

  const progress = new BatchProgress(redis);
  const metrics = new WorkMetrics(redis, progress, logger);
  watch.onFailure = () => metrics.dependencyProbeFailed();
  pushLastFigures(config, commands, logger, releasers);
  const protection = new TaskProtection({ agentUri: config.ecsAgentUri, logger, afterMs: PROTECT_AFTER_MS });
  protection.start();
  releasers.push('task protection', () => protection.stop());
  const stallWatch = new StallWatch(producer, config.workerStallSeconds * 1_000, logger);
  const consumers = createConsumers({ store, registry, pool, progress, metrics, stallWatch, redis, logger, protection, threads });
  consumers.start();
  releasers.push('consumers', () => consumers.stop());
  stallWatch.start();
  releasers.push('stall watch', () => stallWatch.stop());
  const presence = new WorkerPresence(redis, randomUUID(), shardSlots(threads));
  presence.start();
  releasers.push('presence', () => presence.stop());
  const damage = new DamageReport(logger, () => metrics.checksumMismatch());
  const reconciler = createReconciler({ store, producer, redis: commands, metrics, damage, logger });
  reconciler.start();
  releasers.push('reconciler', () => reconciler.stop());

  const readiness = new Readiness({ redis: () => (redis.status === 'ready' ? redis.ping() : Promise.reject(new Error('no connection'))), store: () => store.check() }, watch);
  const readinessWatch = watchReadiness({ readiness, logger });
  readinessWatch.start();
  releasers.push('readiness watch', () => readinessWatch.stop());
  const health = await startHealthServer({
    host: config.host,
    port: config.workerPort,
    isStalled: () => stallWatch.isStalled,
    readiness,
    metrics: () => metrics.text(),
  });
  releasers.push('health', () => health.stop());
  logger.info({ port: health.port, threads }, 'ready');
  tellParent({ type: 'ready', port: health.port });
}

/** When this worker has stopped working nobody else may be left to send what it has counted since the minute began. */
function pushLastFigures({ environment, cloudwatchNamespace }: Config, redis: Redis, logger: Logger, releasers: Releasers): void {
  if (cloudwatchNamespace === undefined) return;
  releasers.push('last figures', async () => {
    const sender = new CloudWatchSender(cloudwatchNamespace);
    const publisher = new Publisher({ environment, figures: new SumsOutbox(redis), sender });
    await publisher.sendRest().catch((error: unknown) => logger.warn({ err: error }, 'last figures not sent'));
    sender.stop();
  });
}
