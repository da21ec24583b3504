import type { BatchProgress, ChangeSubscriber, JobProducer } from '@cytoqueue/queue';
import type { ModelRegistry } from '@cytoqueue/registry';
import type { ActiveKeys, Logger, Readiness, TaskProtection } from '@cytoqueue/runtime';
import type { DamageReport } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import express, { type Express } from 'express';
import type { UploadLimits } from './batches/upload-inspector';
import type { AuditLog } from './audit/audit-log';
import { RequestAuditor } from './audit/request-audit';
import { Authenticator, assertAccess } from './session/authenticator';
import { allowOrigins } from './http/cors';
import { Background } from './concurrency/background';
import { type MinimumRate, enforceMinimumRate } from './http/minimum-rate';
import { requestContext } from './http/request-context';
import type { SessionCookies } from './session/session-cookie';
import { createErrorHandler, notFound } from './http/error-handler';
import { requireExactPath } from './http/exact-path';
import { IdempotencyKeys } from './tenants/idempotency';
import type { PublicAddress } from './http/public-address';
import { limitRate } from './tenants/rate-limit';
import type { RetentionPolicy } from './tenants/retention-policy';
import { mountRoutes } from './http/router';
import { securityHeaders } from './http/security-headers';
import { SnapshotFeeds } from './http/snapshot-feeds';
import type { TenantQuotas } from './tenants/tenant-quotas';
import type { LastUse } from './keys/last-use';
import type { TenantKeys } from './keys/tenant-keys';
import { createOpenApiDocument } from './openapi/document';
import { createRoutes } from './routes';
import { SettingsReader } from './settings/settings-reader';
import { docsRouter } from './static/api-docs';
import { queueBoardRouter } from './operations/queue-board';
import type { ApiMetrics } from './operations/api-metrics';
import type { QueueStatusReader } from './operations/queue-status';
import { ConcurrencyLimiter } from './concurrency/concurrency-limiter';
import { Semaphore } from './concurrency/semaphore';
import { createWebRouters } from './static/web-app';
import { toProblem } from './to-problem';

/** Each conversion uses a core and up to 256 MiB. */
const MAX_CONVERSIONS = 2;

export interface AppDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  producer: JobProducer;
  progress: BatchProgress;
  notifications: ChangeSubscriber;
  queueStatus: QueueStatusReader;
  metrics: ApiMetrics;
  damage: DamageReport;
  keys: ActiveKeys;
  tenantKeys: TenantKeys;
  lastUse: LastUse;
  audit: AuditLog;
  quotas: TenantQuotas;
  /** Runs uploads, and keeps Amazon ECS from stopping this task during them. */
  protection: Pick<TaskProtection, 'run'>;
  sessions: SessionCookies;
  address: PublicAddress;
  /** Upper limit of `Prefer: wait`. */
  maxWaitSeconds: number;
  /** The proxies whose `X-Forwarded-*` headers are trusted: their number or addresses. */
  trustProxy: number | readonly string[] | undefined;
  /** Origins whose pages may call the API with an API key. */
  corsOrigins: readonly string[];
  limits: UploadLimits;
  retention: RetentionPolicy;
  logger: Logger;
  readiness: Readiness;
  version: string;
  /** The minimum rate of request bodies; DEFAULT_MINIMUM_RATE when omitted. */
  minimumRate?: MinimumRate;
  /** The web app's build folder; no web app is served when omitted. */
  webDist?: string;
}

export function createApp(deps: AppDeps): Express {
  const idempotency = new IdempotencyKeys(deps.store);
  const authenticator = new Authenticator(deps.keys, deps.sessions, (key) => deps.lastUse.recordUse(key));
  const authenticate = authenticator.authenticate.bind(authenticator);
  const auditor = new RequestAuditor(deps.audit);
  const routeDeps = {
    ...deps,
    idempotency,
    importSemaphore: new Semaphore(MAX_CONVERSIONS),
    exportLimiter: new ConcurrencyLimiter('conversions of results', () => MAX_CONVERSIONS),
    authenticator,
    background: new Background(deps.logger),
    tenantSettings: new SettingsReader(deps.store),
    feeds: new SnapshotFeeds(deps.notifications),
  };
  const routes = createRoutes(routeDeps);
  const app = express();
  app.disable('etag');
  app.set('query parser', 'simple');
  // Proxies protect a path in exactly one spelling; requireExactPath rejects the other ones.
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.set('trust proxy', deps.trustProxy ?? false);
  app.use(requestContext(deps.logger, (request) => deps.metrics.requested(request)));
  app.use(securityHeaders(deps.address));
  app.use(allowOrigins(deps.corsOrigins));
  app.use(enforceMinimumRate(deps.minimumRate));
  deps.address.mount(app);
  app.use(requireExactPath(authenticate));
  mountRoutes(app, routes, {
    authenticate,
    assertAccess,
    limitRate: (route, tenant, request) => limitRate(deps.quotas.rateLimit, idempotency, route, tenant, request),
    startAudit: auditor.start.bind(auditor),
    retention: deps.retention,
    toProblem,
  });
  const web = createWebRouters(deps.webDist, deps.address);
  app.use(web.pages);
  app.use(docsRouter(() => createOpenApiDocument(routes, deps.version, deps.address)));
  app.use(queueBoardRouter(routeDeps));
  app.use(web.notFound);
  app.use(() => {
    throw notFound();
  });
  app.use(createErrorHandler(toProblem));
  return app;
}
