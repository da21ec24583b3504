import { randomUUID } from 'node:crypto';
import type { ActiveKey, Logger } from '@cytoqueue/runtime';
import type { Request, RequestHandler } from 'express';
import type { ParentSession } from '../session/session-token';

/** Whoever sent a request. */
export interface Principal extends ActiveKey {
  /** When a cookie was sent and no key. */
  readonly session?: ParentSession;
}

export interface RequestContext {
  /** The client's `X-Request-Id` when it is a plain one, else our own. */
  id: string;
  log: Logger;
  principal?: Principal;
}

declare module 'express-serve-static-core' {
  interface Locals {
    context: RequestContext;
  }
}

const SAFE_REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives every request its id and logger, and writes one line when it is answered. The line holds no address but the route. */
export function requestContext(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const clientId = request.get('X-Request-Id');
    const id = clientId !== undefined && SAFE_REQUEST_ID.test(clientId) ? clientId : randomUUID();
    const log = logger.child({ request_id: id });
    response.locals.context = { id, log };
    response.set('X-Request-Id', id);
    const startedMs = performance.now();
    response.on('close', () => {
      const duration_ms = Math.round(performance.now() - startedMs);
      const route = routeOf(request);
      const { tenant, keyId } = response.locals.context.principal ?? {};
      const level = route?.startsWith('/health') === true ? 'debug' : 'info';
      // What it made, by which a request is found among the lines of the jobs.
      const location = response.get('Location');
      try {
        log[level](
          {
            method: request.method,
            route,
            status: response.statusCode,
            duration_ms,
            tenant,
            key_id: keyId,
            location,
            finished: response.writableFinished,
          },
          'request',
        );
      } catch {
        // A log that cannot be written must not end the process.
      }
    });
    next();
  };
}

/** The pattern that matched, never the address itself; one of several patterns is as good as any. */
function routeOf({ route, baseUrl }: Request): string | undefined {
  const path = (route as { path?: string | string[] } | undefined)?.path;
  return path === undefined ? undefined : `${baseUrl}${[path].flat()[0]}`;
}
