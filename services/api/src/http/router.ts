import type { FieldError } from '@cytoqueue/schema';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { z } from 'zod';
import { type Access, type Authenticator, assertAccess } from '../session/authenticator';
import type { RequestAuditor, AuditEntry } from '../audit/request-audit';
import type { Principal } from './request-context';
import { toProblem } from './error-handler';
import { Problem } from './problem';
import { type RateLimit, type RateLimitStatus, rateLimitHeaders, units } from './rate-limit';
import type { RetentionPolicy } from '../tenants/retention-policy';

export interface HandlerContext {
  request: Request;
  response: Response;
  /** Path parameters, decoded. */
  params: Record<string, string>;
  /** Query parameters as the route's own schema made them. */
  query: Record<string, unknown>;
  /** The caller; on a public route there is none, and reading it throws. */
  principal: Principal;
  /** What stands in the audit log of this call; none on a public route. */
  auditEntry: AuditEntry;
}

export type Operation = ZodOpenApiOperationObject & { operationId: string };

/** One operation: how it is documented, who may call it, and what it does. The document and the checks have one source. */
export interface Route {
  method: 'get' | 'post' | 'put' | 'delete';
  /** As OpenAPI writes it: `/v1/predictions/{id}`. */
  path: string;
  access: Access;
  operation: Operation;
  /** Shows and changes nobody's data: noted in the audit log only when it is denied. */
  auditFailuresOnly?: boolean;
  /** Of a route with an id. @throws ObjectNotFoundError when the tenant has no such resource */
  assertExists?: (tenant: string, id: string) => Promise<unknown>;
  /** Of a route with an Idempotency-Key: whether its request was made before. */
  isRepetition?: (tenant: string, request: Request) => Promise<boolean>;
  handle: (call: HandlerContext) => Promise<void>;
}

/** What stands before every route. */
export interface RouterDeps {
  authenticator: Authenticator;
  retention: RetentionPolicy;
  auditor: RequestAuditor;
  rateLimit: RateLimit;
}

export function mountRoutes(app: Express, routes: Route[], deps: RouterDeps): void {
  for (const route of routes) app[route.method](expressPath(route.path), createHandler(route, deps));
  for (const path of new Set(routes.map((route) => route.path))) {
    const routesOfPath = routes.filter((route) => route.path === path);
    if (routesOfPath.every(({ access }) => access !== 'public'))
      app.all(expressPath(path), requireAuthentication(deps));
    app.all(expressPath(path), rejectMethod(routesOfPath.map(({ method }) => method.toUpperCase())));
  }
  app.use('/v1', requireAuthentication(deps));
}

/** Everything under /v1 needs a key, also what is not there. */
function requireAuthentication({ authenticator }: Pick<RouterDeps, 'authenticator'>): RequestHandler {
  return async (request, response, next) => {
    response.locals.context.principal = await authenticator.authenticate(request);
    next();
  };
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function createHandler(route: Route, deps: RouterDeps): RequestHandler {
  return async (request, response) => {
    // Patients' data must stay in no cache on the way; a route that knows better says so.
    response.set('Cache-Control', 'no-store');
    const context = { request, response, params: request.params as Record<string, string>, query: {} };
    if (route.access === 'public')
      return handleRequest(route, { ...context, principal: undefined as never, auditEntry: undefined as never }, deps);
    // Where a cache may keep an answer at all, it keeps it for this caller.
    response.vary('Authorization, Cookie');
    const principal = await deps.authenticator.authenticate(request);
    response.locals.context.principal = principal;
    response.set(rateLimitHeaders(await consumeUnits(route, deps.rateLimit, principal.tenant, request)));
    const auditEntry = deps.auditor.start(principal, route, context.params['id']);
    try {
      assertAccess(principal, route.access);
      await handleRequest(route, { ...context, principal, auditEntry }, deps);
    } catch (error) {
      auditEntry.finish(error);
      throw error;
    }
    auditEntry.finish();
  };
}

/** Limits are checked after the idempotency key: a repetition gets the resource that it made. Looking for it costs a read. */
async function consumeUnits(
  { method, isRepetition }: Route,
  rateLimit: RateLimit,
  tenant: string,
  request: Request,
): Promise<RateLimitStatus> {
  const cost = method === 'get' ? units.read : units.write;
  try {
    return rateLimit.consume(tenant, cost);
  } catch (error) {
    if (isRepetition === undefined || request.get('Idempotency-Key') === undefined) throw error;
    rateLimit.consumeForRepetition(tenant, units.read);
    if (!(await isRepetition(tenant, request))) throw error;
    return rateLimit.consumeForRepetition(tenant, cost);
  }
}

async function handleRequest(route: Route, context: HandlerContext, { retention }: RouterDeps): Promise<void> {
  const { request, response, params } = context;
  if (params['id'] !== undefined) assertNotExpired(params['id'], request, response, retention);
  try {
    const query = parseQuery(route.operation.requestParams?.query as z.ZodType | undefined, request);
    await route.handle({ ...context, query });
  } catch (error) {
    // What is wrong with a request is told to those only who may know that there is such a resource.
    if (route.assertExists !== undefined && toProblem(error).status < 500)
      await route.assertExists(context.principal.tenant, params['id'] ?? '');
    throw error;
  }
}

/** What has expired is gone for everybody; what has not says until when it stays. */
function assertNotExpired(id: string, request: Request, response: Response, retention: RetentionPolicy): void {
  retention.assertNotExpired(id);
  const expiresAt = retention.expiresAt(id);
  if (expiresAt !== undefined && request.method === 'GET') response.set('Expires', expiresAt.toUTCString());
}

function parseQuery(schema: z.ZodType | undefined, request: Request): Record<string, unknown> {
  return schema === undefined ? {} : (parse(schema, request.query, 'query parameter') as Record<string, unknown>);
}

/** @throws Problem 422 naming each field */
export function parse<T>(schema: z.ZodType<T>, input: unknown, inputName: string): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new Problem('invalid-request', `A ${inputName} is not valid.`, {
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
    detail: 'this field or parameter is not known here',
  }));
}

function rejectMethod(allowedMethods: string[]): RequestHandler {
  const allow = allowedMethods.includes('GET') ? ['HEAD', ...allowedMethods] : allowedMethods;
  return (request) => {
    throw new Problem('method-not-allowed', `${request.method} is not known here.`, {
      headers: { Allow: allow.join(', ') },
    });
  };
}
