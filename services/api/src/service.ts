import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BatchProgress, ChangeListener, Producer, createProducerConnection, createWorkerConnection } from '@cytoqueue/queue';
import { Registry } from '@cytoqueue/registry';
import { type Config, KeyRing, type Logger, type Releasers, createSessionSecret, ensureLocalApiKey, loadApiKeys, tellParent } from '@cytoqueue/runtime';
import { createObjectStore } from '@cytoqueue/storage';
import { createApp } from './app';
import { CookieSessions } from './http/cookie-session';
import { Retention } from './http/retention';
import { QueueWatch } from './operations/queue-status';
import { SessionMemory } from './http/session-memory';
import { SessionSeal } from './http/session-seal';
import { createSweeper } from './sweeper';
import { readVersion } from './version';

const LOCAL_REDIS = 'redis://127.0.0.1:6379';
/** How long running requests may take to end once the service stops. */
const DRAIN_MS = 10_000;

/** Builds the API from its parts and listens; each part pushes its releaser, so the server closes before what it uses. */
export async function startApi(config: Config, logger: Logger, releasers: Releasers): Promise<void> {
  const store = createObjectStore(config.storageUrl);
  await store.start();
  releasers.push('store', () => store.stop());
  const registry = new Registry(store);
  await registry.seed();

  const redisUrl = config.redisUrl ?? LOCAL_REDIS;
  const onRedisError = (error: Error) => logger.warn({ err: error }, 'redis');
  const commands = createProducerConnection(redisUrl, onRedisError);
  releasers.push('redis', () => commands.disconnect());
  const producer = new Producer(commands, onRedisError);
  releasers.push('producer', () => producer.stop());
  const changes = new ChangeListener(createWorkerConnection(redisUrl, onRedisError));
  changes.start();
  releasers.push('changes', () => changes.stop());

  const retention = new Retention({ resources: config.retentionDays, inputs: config.inputRetentionDays });
  const sweeper = createSweeper({ store, redis: commands, retention, logger });
  sweeper.start();
  releasers.push('sweeper', () => sweeper.stop());

  const progress = new BatchProgress(commands);
  const keys = await readKeys(config);
  const app = createApp({
    store,
    registry,
    producer,
    progress,
    changes,
    queueWatch: new QueueWatch(commands, progress),
    keys,
    sessions: new CookieSessions(new SessionSeal(settleSessionSecret(config, logger), keys), new SessionMemory(commands)),
    trustProxy: config.trustProxy,
    limits: { maxUploadBytes: config.maxUploadBytes, shardRows: config.shardRows },
    retention,
    logger,
    dependencies: { redis: () => commands.ping(), store: () => store.check() },
    version: readVersion(),
  });
  await listen(createServer(app), config, logger, releasers);
}

async function readKeys({ apiKeysFile, dataDir }: Config): Promise<KeyRing> {
  return new KeyRing(await loadApiKeys(apiKeysFile ?? (await ensureLocalApiKey(dataDir)).apiKeysFile));
}

function settleSessionSecret({ sessionSecret }: Config, logger: Logger): string {
  if (sessionSecret !== undefined) return sessionSecret;
  logger.warn('SESSION_SECRET is not set: browser sessions end with this process and hold at no other');
  return createSessionSecret();
}

async function listen(server: Server, config: Config, logger: Logger, releasers: Releasers): Promise<void> {
  server.listen(config.port, config.host);
  await once(server, 'listening');
  releasers.push('server', () => closeServer(server));
  const { port } = server.address() as AddressInfo;
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  logger.info({ url }, 'listening');
  tellParent({ type: 'listening', url, port });
}

/** Takes no new connection, lets running requests end, and cuts those that do not end in time (event streams never do). */
async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(timer);
}
