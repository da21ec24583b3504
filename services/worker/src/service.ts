import { BatchProgress, Producer, createProducerConnection, createWorkerConnection } from '@cytoqueue/queue';
import { Registry } from '@cytoqueue/registry';
import { type Config, type Logger, type Releasers, tellParent } from '@cytoqueue/runtime';
import { createObjectStore } from '@cytoqueue/storage';
import { createConsumers } from './consumers';
import { startHealthServer } from './health';
import { createReconciler } from './reconciler';
import { ScoringPool } from './scoring/pool';

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

  const warmingUp = pool.warmUp(await registry.pinned(await registry.resolve(undefined)));
  warmingUp.catch((error: unknown) => logger.warn({ err: error }, 'warm-up failed'));

  const consumers = createConsumers({ store, registry, pool, progress: new BatchProgress(redis), redis, logger, threads });
  consumers.start();
  releasers.push('consumers', () => consumers.stop());

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
