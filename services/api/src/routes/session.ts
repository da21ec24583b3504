import type { HeldKey } from '@cytoqueue/runtime';
import { z } from 'zod';
import type { AuditLog } from '../http/audit';
import { type Authenticator, unauthenticated } from '../http/auth';
import type { Principal } from '../http/context';
import type { CookieSessions } from '../http/cookie-session';
import { answer, refusals, timestamp } from '../http/documents';
import { readJson } from '../http/json-body';
import { Problem } from '../http/problem';
import { type Call, type Operation, type Route, parseWith } from '../http/route';
import { lineageOf, mayHaveChildren } from '../http/session-lineage';
import type { Grant, ParentSession } from '../http/session-seal';

const SESSION_MS = 12 * 60 * 60_000;
const TOKEN_MS = 10 * 60_000;

const tags = ['session'];

const signInBody = z
  .union([z.strictObject({ api_key: z.string().max(256) }), z.strictObject({ token: z.string().max(256) })])
  .meta({ id: 'SignInBody', description: 'An API key, or a token of POST /v1/session/tokens' });

export const session = z
  .strictObject({
    tenant: z.string(),
    role: z.enum(['member', 'operator', 'admin']),
    platform: z.boolean().meta({ description: 'Whether the key also has the rights on what all tenants share: models and the queue board' }),
    key_id: z.string(),
    expires_at: timestamp.nullable().meta({ description: 'Of the session, or of the API key that was sent; null = it has no end' }),
  })
  .meta({ id: 'Session' });

const signInToken = z.strictObject({ token: z.string(), expires_at: timestamp }).meta({ id: 'SignInToken' });

const cookieHeader = { 'Set-Cookie': { schema: { type: 'string' as const } } };

const signInOperation: Operation = {
  operationId: 'signIn',
  summary: 'Exchange an API key or a sign-in token for a session cookie',
  tags,
  requestBody: { required: true, content: { 'application/json': { schema: signInBody } } },
  responses: { 201: answer('Signed in', session, cookieHeader), ...refusals(400, 401, 403, 408, 413, 415, 422, 503) },
};

const getOperation: Operation = {
  operationId: 'getSession',
  summary: 'Who is signed in',
  tags,
  responses: { 200: answer('The session', session), ...refusals(401) },
};

const signOutOperation: Operation = {
  operationId: 'signOut',
  summary: 'End the session wherever its cookie was copied to, and every session and token that was made in it',
  tags,
  responses: { 204: { description: 'Nobody is signed in' }, ...refusals(403, 503) },
};

const tokenOperation: Operation = {
  operationId: 'createSignInToken',
  summary: 'A token that signs in a browser, once, within ten minutes; one that a session makes ends with that session',
  tags,
  responses: { 201: answer('The token, shown only now', signInToken), ...refusals(401, 403, 503) },
};

export interface SessionRouteServices {
  authenticator: Authenticator;
  sessions: CookieSessions;
  audit: AuditLog;
}

export function sessionRoutes(services: SessionRouteServices): Route[] {
  const path = '/v1/session';
  return [
    { method: 'post', path, access: 'public', operation: signInOperation, handle: (call) => signIn(services, call) },
    { method: 'get', path, access: 'any', quiet: true, operation: getOperation, handle: getSession },
    { method: 'delete', path, access: 'public', operation: signOutOperation, handle: (call) => signOut(services, call) },
    { method: 'post', path: `${path}/tokens`, access: 'any', operation: tokenOperation, handle: (call) => createToken(services, call) },
  ];
}

/** Another site must not sign a browser in either: whatever is uploaded then would go to the wrong tenant. */
async function signIn({ authenticator, sessions, audit }: SessionRouteServices, { request, response }: Call): Promise<void> {
  sessions.refuseCrossSite(request);
  const body = parseWith(signInBody, await readJson(request, response), 'field');
  const { key, parent } = 'api_key' in body ? { key: authenticator.keyOwner(body.api_key) } : await redeem(sessions, body.token);
  const grant = sessions.seal.grantSession(key, SESSION_MS, parent);
  await endReplaced(sessions, request, grant);
  audit.note(key, 'session.sign-in', `keys/${key.keyId}`);
  sessions.set(response, grant);
  response.status(201).json(describe(key, grant.expiresAtMs));
}

/** The cookie is overwritten, so that its owner could never sign that session out again. Signing in works without Redis all the same. */
async function endReplaced(sessions: CookieSessions, request: Call['request'], next: Grant): Promise<void> {
  const replaced = await sessions.current(request);
  if (replaced === undefined || lineageOf(next.id).includes(replaced.id)) return;
  await sessions.memory.endSession(replaced.id, replaced.expiresAtMs - Date.now()).catch(() => undefined);
}

/** @throws Problem 401; also when the session in which the token was made has ended since */
async function redeem({ memory, seal }: CookieSessions, token: string): Promise<{ key: HeldKey; parent?: ParentSession }> {
  const sealed = await memory.takeToken(token);
  const grant = sealed === undefined ? undefined : seal.open('sign-in', sealed);
  const isValid = grant !== undefined && (grant.parent === undefined || !(await memory.isEnded(grant.parent.id)));
  if (!isValid) throw unauthenticated('The token is unknown, was used or has expired.');
  return grant;
}

async function getSession({ response, principal }: Call): Promise<void> {
  response.json(describe(principal, principal.session?.expiresAtMs ?? principal.expiresAtMs));
}

async function signOut({ sessions, audit }: SessionRouteServices, { request, response }: Call): Promise<void> {
  const grant = await sessions.find(request);
  if (grant !== undefined) {
    await sessions.memory.endSession(grant.id, grant.expiresAtMs - Date.now());
    audit.note(grant.key, 'session.sign-out', `keys/${grant.key.keyId}`);
  }
  sessions.clear(response);
  response.status(204).end();
}

async function createToken({ sessions }: SessionRouteServices, { response, principal, trail }: Call): Promise<void> {
  trail.action = 'session.create-token';
  trail.resource = `keys/${principal.keyId}`;
  if (principal.session !== undefined && !mayHaveChildren(principal.session.id)) {
    throw new Problem('forbidden', 'This session comes from too many others; sign in with an API key to make a token.');
  }
  const grant = sessions.seal.grantToken(principal, TOKEN_MS, principal.session);
  const token = await sessions.memory.issueToken(sessions.seal.close('sign-in', grant), grant.expiresAtMs - Date.now());
  response.status(201).json({ token, expires_at: new Date(grant.expiresAtMs).toISOString() });
}

function describe({ tenant, role, platform, keyId }: Omit<Principal, 'session'>, expiresAtMs: number): z.output<typeof session> {
  return { tenant, role, platform, key_id: keyId, expires_at: Number.isFinite(expiresAtMs) ? new Date(expiresAtMs).toISOString() : null };
}
