import type { BatchProgress, ChangeListener, Producer } from '@cytoqueue/queue';
import type { Registry } from '@cytoqueue/registry';
import type { KeyRing, Logger, Readiness, TaskProtection } from '@cytoqueue/runtime';
import type { DamageReport, ObjectStore } from '@cytoqueue/storage';
import express, { type Express } from 'express';
import type { IntakeLimits } from './batches/intake';
import type { AuditLog } from './http/audit';
import { AuditTrails } from './http/audit-trail';
import { Authenticator } from './http/auth';
import { Background } from './http/background';
import { type BodyPace, requireBodyPace } from './http/body-pace';
import { requestContext } from './http/context';
import type { CookieSessions } from './http/cookie-session';
import { handleErrors, notFound } from './http/errors';
import { requireExactPath } from './http/exact-path';
import { IdempotencyKeys } from './http/idempotency';
import type { PublicAddress } from './http/public-address';
import type { Retention } from './http/retention';
import { mountRoutes } from './http/route';
import { secureHeaders } from './http/secure-headers';
import { SnapshotFeeds } from './http/snapshot-feeds';
import type { TenantUse } from './http/tenant-use';
import type { LastUse } from './keys/last-use';
import type { TenantKeys } from './keys/tenant-keys';
import { createOpenApiDocument } from './openapi';
import { apiKeyRoutes } from './routes/api-keys';
import { auditRoutes } from './routes/audit';
import { batchRoutes } from './routes/batches';
import { docsRouter } from './routes/docs';
import { queueBoardRouter } from './operations/queue-board';
import { healthRoutes } from './routes/health';
import type { ApiMetrics } from './operations/api-metrics';
import type { QueueWatch } from './operations/queue-status';
import { metricsRoutes } from './routes/metrics';
import { modelRoutes } from './routes/models';
import { predictionRoutes } from './routes/predictions';
import { queueRoutes } from './routes/queue';
import { sessionRoutes } from './routes/session';
import { webRouter } from './routes/web';

export interface AppServices {
  store: ObjectStore;
  registry: Registry;
  producer: Producer;
  progress: BatchProgress;
  changes: ChangeListener;
  queueWatch: QueueWatch;
  metrics: ApiMetrics;
  damage: DamageReport;
  keys: KeyRing;
  tenantKeys: TenantKeys;
  lastUse: LastUse;
  audit: AuditLog;
  use: TenantUse;
  /** Runs uploads, which keep Amazon ECS from stopping this task while they last. */
  protection: Pick<TaskProtection, 'run'>;
  sessions: CookieSessions;
  address: PublicAddress;
  /** Upper limit of `Prefer: wait`. */
  maxWaitSeconds: number;
  /** The proxies in front whose `X-Forwarded-*` is believed: how many, or which. */
  trustProxy: number | readonly string[] | undefined;
  limits: IntakeLimits;
  retention: Retention;
  logger: Logger;
  readiness: Readiness;
  version: string;
  /** How fast a body must come; the product's own pace when left out. */
  bodyPace?: BodyPace;
  /** Where the web app was built to; none is served when left out. */
  webDist?: string;
}

export function createApp(services: AppServices): Express {
  const idempotency = new IdempotencyKeys(services.store);
  const authenticator = new Authenticator(services.keys, services.sessions, (key) => services.lastUse.note(key));
  const parts = { ...services, idempotency, authenticator, background: new Background(services.logger), feeds: new SnapshotFeeds(services.changes) };
  const routes = [
    ...sessionRoutes(parts), ...predictionRoutes(parts), ...batchRoutes(parts), ...modelRoutes(parts), ...queueRoutes(parts), ...metricsRoutes(parts), ...auditRoutes(parts),
    ...apiKeyRoutes(parts), ...healthRoutes(parts),
  ];
  const app = express();
  app.disable('etag');
  app.set('query parser', 'simple');
  // Proxies guard a path in the one spelling that it has here; see requireExactPath for the rest.
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.set('trust proxy', services.trustProxy ?? false);
  app.use(requestContext(services.logger));
  app.use(secureHeaders(services.address));
  app.use(requireBodyPace(services.bodyPace));
  services.address.mount(app);
  app.use(requireExactPath(authenticator));
  mountRoutes(app, routes, { authenticator, retention: services.retention, trails: new AuditTrails(services.audit), rate: services.use.rate });
  if (services.webDist !== undefined) app.use(webRouter(services.webDist, services.address));
  app.use(docsRouter(createOpenApiDocument(routes, services.version, services.address)));
  app.use(queueBoardRouter(parts));
  app.use(() => {
    throw notFound();
  });
  app.use(handleErrors);
  return app;
}
