import type { FieldError } from '@cytoqueue/schema';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { z } from 'zod';
import type { Principal } from './request-context';
import type { ToProblem } from './error-handler';
import { Problem } from './problem';

/**
 * Who may use a route. `public`: everyone; `patient-data`: roles that see patient data; `operations`: operators and
 * admins; `authenticated`: any role; `admin`: admins of the tenant; `platform`: keys with platform rights.
 */
export type Access = 'public' | 'patient-data' | 'operations' | 'authenticated' | 'admin' | 'platform';

/** The audit entry of one request. */
export interface AuditEntry {
  /** Derived from the address; handlers replace it with the created resource or the promoted version. */
  resource: string;
  action: string;
  /**
   * Records the operation as done. Resolves when the entry is stored or, while the store is unavailable, logged.
   * Handlers call it before they respond with a file, a list of answers or a change. Accepted records and
   * reads of one resource do not wait: `finish` records them within a second.
   */
  recordDurably: () => Promise<void>;
  /** Records the outcome unless `recordDurably` has done so. */
  finish: (error?: unknown) => void;
}

export type PathParameter = 'id' | 'row' | 'name' | 'version' | 'file';

export interface HandlerContext {
  request: Request;
  response: Response;
  /** Path parameters, decoded. A handler may read those that its route's path names; the others are undefined. */
  params: Record<PathParameter, string>;
  /** Query parameters, parsed by the route's schema. */
  query: Record<string, unknown>;
  /** The caller; undefined on public routes, so reading its members throws. */
  principal: Principal;
  /** This request's entry in the audit log; undefined on public routes. */
  auditEntry: AuditEntry;
}

export type Operation = ZodOpenApiOperationObject & { operationId: string };

/** One operation: documentation, access and handler. The OpenAPI document and the checks come from the same schemas. */
export interface Route {
  method: 'get' | 'post' | 'put' | 'delete';
  /** In OpenAPI's notation: `/v1/predictions/{id}`. */
  path: string;
  access: Access;
  operation: Operation;
  /** For routes without tenant data: only denied and failed requests are audited. */
  auditFailuresOnly?: boolean;
  /** For routes with an id. @throws ObjectNotFoundError when the tenant has no such resource */
  assertExists?: (tenant: string, id: string) => Promise<unknown>;
  /** For routes that create a resource once per Idempotency-Key. A repeat is admitted even above the rate limit. */
  acceptsIdempotencyKey?: true;
  handle: (context: HandlerContext) => Promise<void>;
}

/** Returns a function that creates routes with the same dependencies and access. */
export function createRouteFactory<Deps>(deps: Deps, access: Access) {
  return (
    method: Route['method'],
    path: string,
    operation: Operation,
    handle: (deps: Deps, context: HandlerContext) => Promise<void>,
    checks: Pick<Route, 'assertExists' | 'acceptsIdempotencyKey'> = {},
  ): Route => ({ method, path, access, operation, ...checks, handle: (context) => handle(deps, context) });
}

/** The checks that run before every handler. */
export interface RouterDeps {
  /** @throws Problem 401, 403 */
  authenticate: (request: Request) => Promise<Principal>;
  /** @throws Problem 403 */
  assertAccess: (principal: Principal, access: Exclude<Access, 'public'>) => void;
  /** Charges the request to its tenant. @returns response headers @throws Problem 429 */
  limitRate: (route: Route, tenant: string, request: Request) => Promise<Record<string, string>>;
  startAudit: (principal: Principal, route: Route, id: string | undefined) => AuditEntry;
  retention: { assertNotExpired: (id: string) => void; expiresAt: (id: string) => Date | undefined };
  toProblem: ToProblem;
}

export function mountRoutes(app: Express, routes: Route[], deps: RouterDeps): void {
  for (const route of routes) app[route.method](expressPath(route.path), createHandler(route, deps));
  for (const path of new Set(routes.map((route) => route.path))) {
    const routesOfPath = routes.filter((route) => route.path === path);
    // Not `app.all`, which adds a handler for each of Express's 34 methods: half of the time that creating the app takes.
    const others = app.route(expressPath(path));
    if (routesOfPath.every(({ access }) => access !== 'public')) others.all(requireAuthentication(deps));
    others.all(rejectMethod(routesOfPath.map(({ method }) => method.toUpperCase())));
  }
  app.use('/v1', requireAuthentication(deps));
}

/** Under /v1 even unknown paths require authentication. */
function requireAuthentication({ authenticate }: Pick<RouterDeps, 'authenticate'>): RequestHandler {
  return async (request, response, next) => {
    response.locals.context.principal = await authenticate(request);
    next();
  };
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function createHandler(route: Route, deps: RouterDeps): RequestHandler {
  return async (request, response) => {
    // No cache may store patient data. Routes without patient data override this.
    response.set('Cache-Control', 'no-store');
    const params = request.params as Record<PathParameter, string>;
    const context = { request, response, params, query: {} };
    if (route.access === 'public')
      return handleRequest(route, { ...context, principal: undefined as never, auditEntry: undefined as never }, deps);
    // A cacheable response is valid for this caller only.
    response.vary('Authorization, Cookie');
    const principal = await deps.authenticate(request);
    response.locals.context.principal = principal;
    response.set(await deps.limitRate(route, principal.tenant, request));
    const auditEntry = deps.startAudit(principal, route, request.params['id'] as string | undefined);
    try {
      deps.assertAccess(principal, route.access);
      await handleRequest(route, { ...context, principal, auditEntry }, deps);
    } catch (error) {
      auditEntry.finish(error);
      throw error;
    }
    auditEntry.finish();
  };
}

async function handleRequest(route: Route, context: HandlerContext, deps: RouterDeps): Promise<void> {
  const { request, response, params } = context;
  if (request.params['id'] !== undefined) assertNotExpired(params.id, request, response, deps.retention);
  try {
    const query = parseQuery(route.operation.requestParams?.query as z.ZodType | undefined, request);
    await route.handle({ ...context, query });
  } catch (error) {
    // Check ownership before reporting the caller's errors: another tenant's id answers 404, not 422.
    if (route.assertExists !== undefined && deps.toProblem(error).status < 500)
      await route.assertExists(context.principal.tenant, params.id);
    throw error;
  }
}

/** Rejects an expired resource and tells clients when others expire. */
function assertNotExpired(id: string, request: Request, response: Response, retention: RouterDeps['retention']): void {
  retention.assertNotExpired(id);
  const expiresAt = retention.expiresAt(id);
  if (expiresAt !== undefined && request.method === 'GET') response.set('Sunset', expiresAt.toUTCString());
}

function parseQuery(schema: z.ZodType | undefined, request: Request): Record<string, unknown> {
  return schema === undefined
    ? {}
    : (validateInput(schema, request.query, 'query parameter') as Record<string, unknown>);
}

/** @throws Problem 422 naming each field */
export function validateInput<T>(schema: z.ZodType<T>, input: unknown, inputName: string): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new Problem('invalid-request', `At least one ${inputName} is not valid. Correct the listed ones.`, {
    errors: parsed.error.issues.flatMap(toFieldErrors),
  });
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys')
    return [{ field: path, code: issue.code.replaceAll('_', '-'), detail: issue.message }];
  return issue.keys.map((key) => ({
    field: path === '' ? key : `${path}.${key}`,
    code: 'unknown-field',
    detail: 'unknown field or parameter',
  }));
}

function rejectMethod(allowedMethods: string[]): RequestHandler {
  const allow = allowedMethods.includes('GET') ? ['HEAD', ...allowedMethods] : allowedMethods;
  return (request) => {
    throw new Problem('method-not-allowed', `This resource does not support ${request.method}.`, {
      headers: { Allow: allow.join(', ') },
    });
  };
}
