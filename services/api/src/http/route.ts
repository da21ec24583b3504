import type { FieldError } from '@cytoqueue/schema';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { z } from 'zod';
import { type Access, type Authenticator, checkAccess } from './auth';
import type { Principal } from './context';
import { Problem } from './problem';
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
}

export type Operation = ZodOpenApiOperationObject & { operationId: string };

/** One operation: how it is documented, who may call it, and what it does. The document and the checks have one source. */
export interface Route {
  method: 'get' | 'post' | 'delete';
  /** As OpenAPI writes it: `/v1/predictions/{id}`. */
  path: string;
  access: Access;
  operation: Operation;
  handle: (call: Call) => Promise<void>;
}

/** What stands before every route. */
export interface Guards {
  authenticator: Authenticator;
  retention: Retention;
}

export function mountRoutes(app: Express, routes: Route[], guards: Guards): void {
  for (const route of routes) app[route.method](expressPath(route.path), runRoute(route, guards));
  for (const path of new Set(routes.map((route) => route.path))) {
    const known = routes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
    app.all(expressPath(path), refuseMethod(known));
  }
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function runRoute(route: Route, { authenticator, retention }: Guards): RequestHandler {
  return async (request, response) => {
    const principal = await admit(route.access, request, response, authenticator);
    const { id } = request.params;
    if (typeof id === 'string') admitId(id, request, response, retention);
    const query = parseQuery(route.operation.requestParams?.query as z.ZodType | undefined, request);
    await route.handle({ request, response, params: request.params as Record<string, string>, query, principal });
  };
}

async function admit(access: Access, request: Request, response: Response, authenticator: Authenticator): Promise<Principal> {
  // Patients' data must stay in no cache on the way; a route that knows better says so.
  response.set('Cache-Control', 'no-store');
  if (access === 'public') return undefined as never;
  const principal = await authenticator.authenticate(request);
  response.locals.context.principal = principal;
  checkAccess(principal, access);
  return principal;
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
