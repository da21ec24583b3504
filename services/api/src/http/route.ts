import type { FieldError } from '@cytoqueue/schema';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { z } from 'zod';
import { type Access, type Authenticator, checkAccess } from './auth';
import type { AuditTrails, Trail } from './audit-trail';
import type { Principal } from './context';
import { toProblem } from './errors';
import { Problem } from './problem';
import { type RateLimit, type Standing, rateLimitHeaders, units } from './rate-limit';
import type { Retention } from './retention';

export interface Call {
  request: Request;
  response: Response;
  /** Path parameters, decoded. */
  params: Record<string, string>;
  /** Query parameters as the route's own schema made them. */
  query: Record<string, unknown>;
  /** The caller; on a public route there is none, and reading it throws. */
  principal: Principal;
  /** What stands in the audit log of this call; none on a public route. */
  trail: Trail;
}

export type Operation = ZodOpenApiOperationObject & { operationId: string };

/** One operation: how it is documented, who may call it, and what it does. The document and the checks have one source. */
export interface Route {
  method: 'get' | 'post' | 'delete';
  /** As OpenAPI writes it: `/v1/predictions/{id}`. */
  path: string;
  access: Access;
  operation: Operation;
  /** Shows and changes nobody's data: noted in the audit log only when it is denied. */
  quiet?: boolean;
  /** Of a route with an id. @throws ObjectNotFoundError when the tenant has no such resource */
  find?: (tenant: string, id: string) => Promise<unknown>;
  /** Of a route with an Idempotency-Key: whether its request was made before. */
  isRepetition?: (tenant: string, request: Request) => Promise<boolean>;
  handle: (call: Call) => Promise<void>;
}

/** What stands before every route. */
export interface Guards {
  authenticator: Authenticator;
  retention: Retention;
  trails: AuditTrails;
  rate: RateLimit;
}

export function mountRoutes(app: Express, routes: Route[], guards: Guards): void {
  for (const route of routes) app[route.method](expressPath(route.path), runRoute(route, guards));
  for (const path of new Set(routes.map((route) => route.path))) {
    const here = routes.filter((route) => route.path === path);
    if (here.every(({ access }) => access !== 'public')) app.all(expressPath(path), authenticated(guards));
    app.all(expressPath(path), refuseMethod(here.map(({ method }) => method.toUpperCase())));
  }
  app.use('/v1', authenticated(guards));
}

/** Everything under /v1 needs a key, also what is not there. */
function authenticated({ authenticator }: Pick<Guards, 'authenticator'>): RequestHandler {
  return async (request, response, next) => {
    response.locals.context.principal = await authenticator.authenticate(request);
    next();
  };
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function runRoute(route: Route, guards: Guards): RequestHandler {
  return async (request, response) => {
    // Patients' data must stay in no cache on the way; a route that knows better says so.
    response.set('Cache-Control', 'no-store');
    const call = { request, response, params: request.params as Record<string, string>, query: {} };
    if (route.access === 'public') return answer(route, { ...call, principal: undefined as never, trail: undefined as never }, guards);
    // Where a cache may keep an answer at all, it keeps it for this caller.
    response.vary('Authorization, Cookie');
    const principal = await guards.authenticator.authenticate(request);
    response.locals.context.principal = principal;
    response.set(rateLimitHeaders(await takeUnits(route, guards.rate, principal.tenant, request)));
    const trail = guards.trails.begin(principal, route, call.params['id']);
    try {
      checkAccess(principal, route.access);
      await answer(route, { ...call, principal, trail }, guards);
    } catch (error) {
      trail.end(error);
      throw error;
    }
    trail.end();
  };
}

/** Limits are checked after the idempotency key: a repetition gets the resource that it made. Looking for it costs a read. */
async function takeUnits({ method, isRepetition }: Route, rate: RateLimit, tenant: string, request: Request): Promise<Standing> {
  const cost = method === 'get' ? units.read : units.write;
  try {
    return rate.take(tenant, cost);
  } catch (error) {
    if (isRepetition === undefined || request.get('Idempotency-Key') === undefined) throw error;
    rate.takeForRepetition(tenant, units.read);
    if (!(await isRepetition(tenant, request))) throw error;
    return rate.takeForRepetition(tenant, cost);
  }
}

async function answer(route: Route, call: Call, { retention }: Guards): Promise<void> {
  const { request, response, params } = call;
  if (params['id'] !== undefined) admitId(params['id'], request, response, retention);
  try {
    const query = parseQuery(route.operation.requestParams?.query as z.ZodType | undefined, request);
    await route.handle({ ...call, query });
  } catch (error) {
    // What is wrong with a request is told to those only who may know that there is such a resource.
    if (route.find !== undefined && toProblem(error).status < 500) await route.find(call.principal.tenant, params['id'] ?? '');
    throw error;
  }
}

/** What has expired is gone for everybody; what has not says until when it stays. */
function admitId(id: string, request: Request, response: Response, retention: Retention): void {
  retention.check(id);
  const expiresAt = retention.expiresAt(id);
  if (expiresAt !== undefined && request.method === 'GET') response.set('Expires', expiresAt.toUTCString());
}

function parseQuery(schema: z.ZodType | undefined, request: Request): Record<string, unknown> {
  return schema === undefined ? {} : (parseWith(schema, request.query, 'query parameter') as Record<string, unknown>);
}

/** @throws Problem 422 naming each field */
export function parseWith<T>(schema: z.ZodType<T>, input: unknown, what: string): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new Problem('invalid-request', `A ${what} is not valid.`, { errors: parsed.error.issues.flatMap(toItems) });
}

function toItems(issue: z.core.$ZodIssue): FieldError[] {
  const place = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return [{ field: place, code: issue.code.replaceAll('_', '-'), detail: issue.message }];
  return issue.keys.map((key) => ({
    field: place === '' ? key : `${place}.${key}`,
    code: 'unknown-field',
    detail: 'this field or parameter is not known here',
  }));
}

function refuseMethod(known: string[]): RequestHandler {
  const allow = known.includes('GET') ? ['HEAD', ...known] : known;
  return (request) => {
    throw new Problem('method-not-allowed', `${request.method} is not known here.`, { headers: { Allow: allow.join(', ') } });
  };
}
