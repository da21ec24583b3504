import type { BatchProgress, ChangeSubscriber, JobProducer } from '@cytoqueue/queue';
import type { ModelRegistry } from '@cytoqueue/registry';
import type { ActiveKeys, Logger, Readiness, TaskProtection } from '@cytoqueue/runtime';
import type { DamageReport } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import express, { type Express } from 'express';
import type { UploadLimits } from './batches/upload-inspector';
import type { AuditLog } from './audit/audit-log';
import { RequestAuditor } from './audit/request-audit';
import { Authenticator } from './session/authenticator';
import { Background } from './http/background';
import { type MinimumRate, enforceMinimumRate } from './http/minimum-rate';
import { requestContext } from './http/request-context';
import type { SessionCookies } from './session/session-cookie';
import { handleErrors, notFound } from './http/error-handler';
import { requireExactPath } from './http/exact-path';
import { IdempotencyKeys } from './tenants/idempotency';
import type { PublicAddress } from './http/public-address';
import type { RetentionPolicy } from './tenants/retention-policy';
import { mountRoutes } from './http/router';
import { securityHeaders } from './http/security-headers';
import { SnapshotFeeds } from './http/snapshot-feeds';
import type { TenantQuotas } from './tenants/tenant-quotas';
import type { LastUse } from './keys/last-use';
import type { TenantKeys } from './keys/tenant-keys';
import { createOpenApiDocument } from './openapi';
import { apiKeyRoutes } from './keys/routes';
import { settingsRoutes } from './settings/routes';
import { SettingsReader } from './settings/settings-reader';
import { auditRoutes } from './audit/routes';
import { batchRoutes } from './batches/routes';
import { batchRowRoutes } from './batches/rows/routes';
import { docsRouter } from './static/api-docs';
import { queueBoardRouter } from './operations/queue-board';
import { healthRoutes } from './operations/health';
import type { ApiMetrics } from './operations/api-metrics';
import type { QueueStatusReader } from './operations/queue-status';
import { metricsRoutes } from './operations/metrics';
import { modelRoutes } from './models/routes';
import { predictionRoutes } from './predictions/routes';
import { queueRoutes } from './operations/queue';
import { reviewRoutes } from './reviews/routes';
import { sessionRoutes } from './session/routes';
import { worklistRoutes } from './worklist/routes';
import { webRouter } from './static/web-app';

export interface AppDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  producer: JobProducer;
  progress: BatchProgress;
  changes: ChangeSubscriber;
  queueStatus: QueueStatusReader;
  metrics: ApiMetrics;
  damage: DamageReport;
  keys: ActiveKeys;
  tenantKeys: TenantKeys;
  lastUse: LastUse;
  audit: AuditLog;
  quotas: TenantQuotas;
  /** Runs uploads, which keep Amazon ECS from stopping this task while they last. */
  protection: Pick<TaskProtection, 'run'>;
  sessions: SessionCookies;
  address: PublicAddress;
  /** Upper limit of `Prefer: wait`. */
  maxWaitSeconds: number;
  /** The proxies in front whose `X-Forwarded-*` is believed: how many, or which. */
  trustProxy: number | readonly string[] | undefined;
  limits: UploadLimits;
  retention: RetentionPolicy;
  logger: Logger;
  readiness: Readiness;
  version: string;
  /** How fast a body must come; the product's own pace when left out. */
  minimumRate?: MinimumRate;
  /** Where the web app was built to; none is served when left out. */
  webDist?: string;
}

export function createApp(deps: AppDeps): Express {
  const idempotency = new IdempotencyKeys(deps.store);
  const authenticator = new Authenticator(deps.keys, deps.sessions, (key) => deps.lastUse.recordUse(key));
  const routeDeps = {
    ...deps,
    idempotency,
    authenticator,
    background: new Background(deps.logger),
    settings: new SettingsReader(deps.store),
    feeds: new SnapshotFeeds(deps.changes),
  };
  const routes = [
    ...sessionRoutes(routeDeps),
    ...predictionRoutes(routeDeps),
    ...batchRoutes(routeDeps),
    ...batchRowRoutes(routeDeps),
    ...reviewRoutes(routeDeps),
    ...worklistRoutes(routeDeps),
    ...modelRoutes(routeDeps),
    ...queueRoutes(routeDeps),
    ...metricsRoutes(routeDeps),
    ...auditRoutes(routeDeps),
    ...apiKeyRoutes(routeDeps),
    ...settingsRoutes(routeDeps),
    ...healthRoutes(routeDeps),
  ];
  const app = express();
  app.disable('etag');
  app.set('query parser', 'simple');
  // Proxies guard a path in the one spelling that it has here; see requireExactPath for the rest.
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.set('trust proxy', deps.trustProxy ?? false);
  app.use(requestContext(deps.logger));
  app.use(securityHeaders(deps.address));
  app.use(enforceMinimumRate(deps.minimumRate));
  deps.address.mount(app);
  app.use(requireExactPath(authenticator));
  mountRoutes(app, routes, {
    authenticator,
    retention: deps.retention,
    auditor: new RequestAuditor(deps.audit),
    rateLimit: deps.quotas.rateLimit,
  });
  if (deps.webDist !== undefined) app.use(webRouter(deps.webDist, deps.address));
  app.use(docsRouter(createOpenApiDocument(routes, deps.version, deps.address)));
  app.use(queueBoardRouter(routeDeps));
  app.use(() => {
    throw notFound();
  });
  app.use(handleErrors);
  return app;
}
