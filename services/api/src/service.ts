import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { BatchProgress, ChangeListener, Producer, createProducerConnection, createWorkerConnection, probeRedis } from '@cytoqueue/queue';
import { Registry, createStoreProbe } from '@cytoqueue/registry';
import {
  type Config, DependencyWatch, type Logger, Readiness, type Releasers, TaskProtection, createSessionSecret, tellParent, watchReadiness,
} from '@cytoqueue/runtime';
import { DamageReport, createObjectStore, withReadDeadline } from '@cytoqueue/storage';
import { createApp } from './app';
import { AuditLog } from './http/audit';
import { CookieSessions } from './http/cookie-session';
import { PublicAddress } from './http/public-address';
import { Retention } from './http/retention';
import { startOperations } from './operations/start';
import { SessionMemory } from './http/session-memory';
import { SessionSeal } from './http/session-seal';
import { openKeys } from './keys/open-keys';
import { createStatusIndexing } from './status-indexing';
import { createSweeper } from './sweeper';
import { createTenantUse } from './http/tenant-use';
import { closeServer, createHttpServer } from './http-server';
import { readVersion } from './version';

/** `services/web/dist`, seen from this file and from its build. */
const WEB_DIST = join(__dirname, '..', '..', 'web', 'dist');
const LOCAL_REDIS = 'redis://127.0.0.1:6379';
/** Uploads that take longer keep ECS from stopping their task; shorter ones end before it is deregistered. */
const PROTECT_AFTER_MS = 5_000;

/** Builds the API from its parts and listens; each part pushes its releaser, so the server closes before what it uses. */
export async function startApi(config: Config, logger: Logger, releasers: Releasers): Promise<void> {
  const store = withReadDeadline(createObjectStore(config.storageUrl));
  releasers.push('store', () => store.stop());
  const audit = new AuditLog(store, logger);
  audit.start();
  releasers.push('audit', () => audit.stop());
  const registry = new Registry(store);
  const redisUrl = config.redisUrl ?? LOCAL_REDIS;
  const onRedisError = (error: Error) => logger.warn({ err: error }, 'redis');
  const commands = createProducerConnection(redisUrl, onRedisError);
  releasers.push('redis', () => commands.disconnect());
  const watch = new DependencyWatch({ logger, probes: { redis: () => probeRedis(commands), store: createStoreProbe(store, registry) } });
  releasers.push('dependency watch', () => watch.stop());
  // Before anything else uses them: what is unsuitable ends the start here.
  await watch.start();
  const producer = new Producer(commands, onRedisError);
  releasers.push('producer', () => producer.stop());
  const changes = new ChangeListener(createWorkerConnection(redisUrl, onRedisError));
  changes.start();
  releasers.push('changes', () => changes.stop());

  const retention = new Retention({ resources: config.retentionDays, inputs: config.inputRetentionDays });
  const protection = new TaskProtection({ agentUri: config.ecsAgentUri, logger, afterMs: PROTECT_AFTER_MS });
  protection.start();
  releasers.push('task protection', () => protection.stop());
  const progress = new BatchProgress(commands);
  const operations = startOperations(config, { store, registry, producer, progress, changes, redis: commands, logger }, releasers);
  watch.onFailure = () => operations.metrics.dependencyProbeFailed();
  const damage = new DamageReport(logger, () => operations.metrics.objectDamaged());
  const access = await openKeys(config, { store, logger, audit, damage, redis: commands }, releasers);
  const use = createTenantUse({ store, redis: commands, keys: access.keys, defaults: config.tenantLimits });
  startUpkeep({ store, redis: commands, retention, logger, stored: use.stored, damage }, releasers);
  const address = new PublicAddress(config.publicUrl);
  const readiness = new Readiness({ redis: () => commands.ping(), store: () => store.check() }, watch);
  const readinessWatch = watchReadiness({ readiness, logger });
  readinessWatch.start();
  releasers.push('readiness watch', () => readinessWatch.stop());
  const app = createApp({
    store,
    registry,
    audit,
    producer,
    progress,
    changes,
    ...operations,
    damage,
    ...access,
    use,
    protection,
    sessions: new CookieSessions(new SessionSeal(settleSessionSecret(config, logger), access.keys), new SessionMemory(commands), address),
    address,
    maxWaitSeconds: config.maxWaitSeconds,
    trustProxy: config.trustProxy,
    limits: { maxUploadBytes: config.maxUploadBytes, shardRows: config.shardRows },
    retention,
    logger,
    readiness,
    version: readVersion(),
    webDist: WEB_DIST,
  });
  await listen(createHttpServer(app, config), config, logger, releasers);
}

/** Removes what has expired, and indexes lists by status. */
function startUpkeep(services: Parameters<typeof createSweeper>[0], releasers: Releasers): void {
  const sweeper = createSweeper(services);
  sweeper.start();
  releasers.push('sweeper', () => sweeper.stop());
  const indexing = createStatusIndexing(services);
  indexing.start();
  releasers.push('status index', () => indexing.stop());
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
