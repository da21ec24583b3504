import type { BatchProgress, ChangeListener, Producer } from '@cytoqueue/queue';
import type { Registry } from '@cytoqueue/registry';
import type { KeyRing, Logger } from '@cytoqueue/runtime';
import type { ObjectStore } from '@cytoqueue/storage';
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { IntakeLimits } from './batches/intake';
import { AuditLog } from './http/audit';
import { Authenticator } from './http/auth';
import { requestContext } from './http/context';
import type { CookieSessions } from './http/cookie-session';
import { handleErrors, notFound } from './http/errors';
import { IdempotencyKeys } from './http/idempotency';
import type { Retention } from './http/retention';
import { mountRoutes } from './http/route';
import { createOpenApiDocument } from './openapi';
import { batchRoutes } from './routes/batches';
import { docsRouter } from './routes/docs';
import { healthRoutes } from './routes/health';
import type { QueueWatch } from './operations/queue-status';
import { modelRoutes } from './routes/models';
import { predictionRoutes } from './routes/predictions';
import { queueRoutes } from './routes/queue';
import { sessionRoutes } from './routes/session';

export interface AppServices {
  store: ObjectStore;
  registry: Registry;
  producer: Producer;
  progress: BatchProgress;
  changes: ChangeListener;
  queueWatch: QueueWatch;
  keys: KeyRing;
  sessions: CookieSessions;
  /** The proxies in front whose `X-Forwarded-*` is believed: how many, or which. */
  trustProxy: number | readonly string[] | undefined;
  limits: IntakeLimits;
  retention: Retention;
  logger: Logger;
  /** By name, for `/health/ready`. */
  dependencies: Record<string, () => Promise<unknown>>;
  version: string;
}

export function createApp(services: AppServices): Express {
  const audit = new AuditLog(services.store, services.logger);
  const idempotency = new IdempotencyKeys(services.store);
  const authenticator = new Authenticator(services.keys, services.sessions);
  const parts = { ...services, audit, idempotency, authenticator };
  const routes = [...sessionRoutes(parts), ...predictionRoutes(parts), ...batchRoutes(parts), ...modelRoutes(parts), ...queueRoutes(parts), ...healthRoutes(parts)];
  const app = express();
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('trust proxy', services.trustProxy ?? false);
  app.use(requestContext(services.logger));
  // Whether there is TLS in front, only the load balancer knows: without it these two would lock browsers out.
  app.use(helmet({ strictTransportSecurity: false, contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  app.use(docsRouter(createOpenApiDocument(routes, services.version)));
  mountRoutes(app, routes, { authenticator, retention: services.retention });
  app.use(() => {
    throw notFound();
  });
  app.use(handleErrors);
  return app;
}
