import { randomUUID } from 'node:crypto';
import { BatchProgress, Producer, WorkerPresence, createProducerConnection, createWorkerConnection } from '@cytoqueue/queue';
import { Registry } from '@cytoqueue/registry';
import { type Config, type Logger, type Releasers, tellParent } from '@cytoqueue/runtime';
import { createObjectStore } from '@cytoqueue/storage';
import { createConsumers, shardSlots } from './consumers';
import { startHealthServer } from './health';
import { createReconciler } from './reconciler';
import { ScoringPool } from './scoring/pool';
import { WorkMetrics } from './work-metrics';

const LOCAL_REDIS = 'redis://127.0.0.1:6379';

/** Builds the worker from its parts. Each part pushes its releaser: consumers stop before the pool, store and Redis they use. */
export async function startWorker(config: Config, logger: Logger, releasers: Releasers): Promise<void> {
  const store = createObjectStore(config.storageUrl);
  await store.start();
  releasers.push('store', () => store.stop());
  const registry = new Registry(store);
  await registry.seed();

  const redis = createWorkerConnection(config.redisUrl ?? LOCAL_REDIS, (error) => logger.warn({ err: error }, 'redis'));
  releasers.push('redis', () => redis.disconnect());
  const threads = config.workerThreads;
  const pool = new ScoringPool(threads);
  releasers.push('scoring pool', () => pool.stop());

  const progress = new BatchProgress(redis);
  const metrics = new WorkMetrics(redis, progress, logger);
  const consumers = createConsumers({ store, registry, pool, progress, metrics, redis, logger, threads });
  consumers.start();
  releasers.push('consumers', () => consumers.stop());
  const presence = new WorkerPresence(redis, randomUUID(), shardSlots(threads));
  presence.start();
  releasers.push('presence', () => presence.stop());

  // Not the consumers' connection: these commands must fail rather than wait when Redis is away.
  const commands = createProducerConnection(config.redisUrl ?? LOCAL_REDIS, (error) => logger.warn({ err: error }, 'redis'));
  releasers.push('redis commands', () => commands.disconnect());
  const producer = new Producer(commands, (error) => logger.warn({ err: error }, 'redis'));
  releasers.push('producer', () => producer.stop());
  const reconciler = createReconciler({ store, producer, redis: commands, logger });
  reconciler.start();
  releasers.push('reconciler', () => reconciler.stop());

  const health = await startHealthServer({
    host: config.host,
    port: config.workerPort,
    ready: () => Promise.all([redis.status === 'ready' ? redis.ping() : Promise.reject(new Error('redis')), store.check()]),
  });
  releasers.push('health', () => health.stop());
  logger.info({ port: health.port, threads }, 'ready');
  tellParent({ type: 'ready', port: health.port });
}
