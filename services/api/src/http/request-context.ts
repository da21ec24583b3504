import { randomUUID } from 'node:crypto';
import type { HttpRequest } from '@cytoqueue/metrics';
import type { ActiveKey, Logger } from '@cytoqueue/runtime';
import type { Request, RequestHandler } from 'express';
import type { ParentSession } from '../session/session-token';

/** The authenticated sender of a request. */
export interface Principal extends ActiveKey {
  /** Set when the request was authenticated by a session cookie instead of a key. */
  readonly session?: ParentSession;
}

export interface RequestContext {
  /** The client's `X-Request-Id` if it has a safe form, else a generated one. */
  id: string;
  log: Logger;
  principal?: Principal;
}

declare module 'express-serve-static-core' {
  interface Locals {
    context: RequestContext;
  }
}

/** The client closed the connection before the response was complete (nginx's number). */
const CLIENT_GONE = 499;
const SAFE_REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives every request an id and a logger and logs one line at its end, with the route instead of the address. */
export function requestContext(logger: Logger, observe: (request: HttpRequest) => void): RequestHandler {
  return (request, response, next) => {
    const clientId = request.get('X-Request-Id');
    const id = clientId !== undefined && SAFE_REQUEST_ID.test(clientId) ? clientId : randomUUID();
    const log = logger.child({ request_id: id });
    response.locals.context = { id, log };
    response.set('X-Request-Id', id);
    const startedMs = performance.now();
    response.on('close', () => {
      const elapsedMs = performance.now() - startedMs;
      const duration_ms = Math.round(elapsedMs);
      const route = routeOf(request);
      const status = response.writableFinished ? response.statusCode : CLIENT_GONE;
      // An event stream is open as long as its reader likes.
      if (response.get('Content-Type')?.startsWith('text/event-stream') !== true)
        observe({ method: request.method, route: route ?? 'none', status, seconds: elapsedMs / 1_000 });
      const { tenant, keyId } = response.locals.context.principal ?? {};
      const level = route?.startsWith('/health') === true ? 'debug' : 'info';
      // The created resource connects this line with the log lines of its jobs.
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
        // A failing log must not end the process.
      }
    });
    next();
  };
}

/** The matched pattern, because the address itself may contain patient data. */
function routeOf({ route, baseUrl }: Request): string | undefined {
  const path = (route as { path?: string | string[] } | undefined)?.path;
  return path === undefined ? undefined : `${baseUrl}${[path].flat()[0]}`;
}
