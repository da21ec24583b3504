import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  BatchProgress,
  ChangeSubscriber,
  JobProducer,
  createProducerConnection,
  createWorkerConnection,
  probeRedis,
} from '@cytoqueue/queue';
import { type ModelEntry, ModelRegistry, createStoreProbe } from '@cytoqueue/registry';
import {
  type Config,
  DependencyWatch,
  type Logger,
  Readiness,
  type CleanupStack,
  TaskProtection,
  createSessionSecret,
  notifyParent,
  watchReadiness,
} from '@cytoqueue/runtime';
import { DamageReport } from '@cytoqueue/records';
import { openStore, withReadDeadline } from '@cytoqueue/storage';
import { createApp } from './app';
import { AuditLog } from './audit/audit-log';
import { warmUpInspection } from './batches/warm-up';
import { warnOfShortRetention } from './confirmations/retention-warning';
import { createSummaryJob } from './confirmations/summary-job';
import { SessionCookies } from './session/session-cookie';
import { PublicAddress } from './http/public-address';
import { RetentionPolicy } from './tenants/retention-policy';
import { startOperations } from './operations/start-operations';
import { SessionStore } from './session/session-store';
import { SessionTokens } from './session/session-token';
import { openKeys } from './keys/open-keys';
import { createScoredDaysJob } from './scored-days/scored-days';
import { createStatusIndexing } from './tenants/status-indexing';
import { createSweeper } from './tenants/sweeper';
import { createTenantQuotas } from './tenants/tenant-quotas';
import { closeServer, createHttpServer } from './http/server';
import { readVersion } from './version';

/** `services/web/dist`, relative to both `src` and `dist`. */
const WEB_DIST = join(__dirname, '..', '..', 'web', 'dist');
const LOCAL_REDIS = 'redis://127.0.0.1:6379';
/** Longer uploads are protected from ECS scale-in; shorter ones end before the task is deregistered. */
const PROTECT_AFTER_MS = 5_000;

/** Warns that an update shipped a newer version than the champion. */
function logNewerVersion({ name, champion, newer_version: newer }: ModelEntry, logger: Logger): void {
  const command = `npm run models -- promote ${name} ${newer}`;
  logger.warn(
    { model: name, champion, newer_version: newer },
    `${name}@${newer} ships but is not the champion: ${command}`,
  );
}

/** Builds the API and listens. Each part pushes its clean-up, so the server closes before the parts that it uses. */
export async function startApi(config: Config, logger: Logger, cleanups: CleanupStack): Promise<void> {
  const store = withReadDeadline(openStore(config.storageUrl));
  cleanups.push('store', () => store.stop());
  const audit = new AuditLog(store, logger);
  audit.start();
  cleanups.push('audit', () => audit.stop());
  const registry = new ModelRegistry(store);
  const redisUrl = config.redisUrl ?? LOCAL_REDIS;
  const onRedisError = (error: Error) => logger.warn({ err: error }, 'Redis connection error');
  const commands = createProducerConnection(redisUrl, onRedisError);
  cleanups.push('redis', () => commands.disconnect());
  const dependencyWatch = new DependencyWatch({
    logger,
    probes: {
      redis: () => probeRedis(commands),
      store: createStoreProbe(store, registry, (model) => logNewerVersion(model, logger)),
    },
  });
  cleanups.push('dependency watch', () => dependencyWatch.stop());
  // Rejects an unsuitable store or Redis before anything else uses it.
  await dependencyWatch.start();
  const producer = new JobProducer(commands, onRedisError);
  cleanups.push('producer', () => producer.stop());
  const notifications = new ChangeSubscriber(createWorkerConnection(redisUrl, onRedisError));
  notifications.start();
  cleanups.push('notifications', () => notifications.stop());

  const retention = new RetentionPolicy({
    resources: config.retentionDays,
    inputs: config.inputRetentionDays,
    confirmations: config.confirmationRetentionDays,
  });
  // The process starts even when the store does not answer.
  void warnOfShortRetention(config, store, logger).catch((error: unknown) =>
    logger.warn({ err: error }, 'retention not checked'),
  );
  const protection = new TaskProtection({ agentUri: config.ecsAgentUri, logger, minRunMs: PROTECT_AFTER_MS });
  protection.start();
  cleanups.push('task protection', () => protection.stop());
  const progress = new BatchProgress(commands);
  const operations = startOperations(
    config,
    { store, registry, producer, progress, notifications, redis: commands, logger },
    cleanups,
  );
  dependencyWatch.onFailure = () => operations.metrics.dependencyProbeFailed();
  const damage = new DamageReport(logger, () => operations.metrics.objectDamaged());
  const keyAccess = await openKeys(config, { store, logger, audit, damage, redis: commands }, cleanups);
  const quotas = createTenantQuotas({ store, redis: commands, keys: keyAccess.keys, defaults: config.tenantLimits });
  startMaintenance(
    { store, registry, redis: commands, retention, logger, storageQuota: quotas.storage, damage },
    cleanups,
  );
  const address = new PublicAddress(config.publicUrl);
  const readiness = new Readiness(
    { redis: () => commands.ping(), store: () => store.checkWritable() },
    dependencyWatch,
  );
  const readinessWatch = watchReadiness({ readiness, logger });
  readinessWatch.start();
  cleanups.push('readiness watch', () => readinessWatch.stop());
  const app = createApp({
    store,
    registry,
    audit,
    producer,
    progress,
    notifications,
    ...operations,
    damage,
    ...keyAccess,
    quotas,
    protection,
    sessions: new SessionCookies(
      new SessionTokens(resolveSessionSecret(config, logger), keyAccess.keys),
      new SessionStore(commands),
      address,
    ),
    address,
    maxWaitSeconds: config.maxWaitSeconds,
    trustProxy: config.trustProxy,
    corsOrigins: config.corsOrigins,
    limits: { maxUploadBytes: config.maxUploadBytes, shardRows: config.shardRows },
    retention,
    logger,
    readiness,
    version: readVersion(),
    webDist: WEB_DIST,
  });
  await warmUpInspection().catch((error: unknown) => logger.warn({ err: error }, 'warm-up failed'));
  await listen(createHttpServer(app, { ...config, address }), config, logger, cleanups);
}

/** Starts the periodic tasks on stored objects: removal of expired ones, the index of statuses, counts and summaries. */
function startMaintenance(
  deps: Parameters<typeof createSweeper>[0] & { registry: ModelRegistry },
  cleanups: CleanupStack,
): void {
  const tasks = {
    sweeper: createSweeper(deps),
    'status index': createStatusIndexing(deps),
    confirmations: createSummaryJob(deps),
    'scored days': createScoredDaysJob({ ...deps, retentionDays: deps.retention.days.resources }),
  };
  for (const [name, task] of Object.entries(tasks)) {
    task.start();
    cleanups.push(name, () => task.stop());
  }
}

function resolveSessionSecret({ sessionSecret }: Config, logger: Logger): string {
  if (sessionSecret !== undefined) return sessionSecret;
  logger.warn('SESSION_SECRET is not set: browser sessions are valid in this process only and end with it');
  return createSessionSecret();
}

async function listen(server: Server, config: Config, logger: Logger, cleanups: CleanupStack): Promise<void> {
  server.listen(config.port, config.host);
  await once(server, 'listening');
  cleanups.push('server', () => closeServer(server));
  const { port } = server.address() as AddressInfo;
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  logger.info({ url }, 'listening');
  notifyParent({ type: 'listening', url, port });
}
