import { z } from 'zod';
import type { AuditLog } from '../http/audit';
import { type Authenticator, unauthenticated } from '../http/auth';
import type { Principal } from '../http/context';
import { type CookieSessions, refuseCrossSite } from '../http/cookie-session';
import { answer, refusals, timestamp } from '../http/documents';
import { readJson } from '../http/json-body';
import { type Call, type Operation, type Route, parseWith } from '../http/route';
import type { Grant } from '../http/session-seal';

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
  summary: 'End the session; its cookie is good no more, wherever it was copied to',
  tags,
  responses: { 204: { description: 'Nobody is signed in' }, ...refusals(403, 503) },
};

const tokenOperation: Operation = {
  operationId: 'createSignInToken',
  summary: 'A token that signs in a browser, once, within ten minutes',
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
  refuseCrossSite(request);
  const body = parseWith(signInBody, await readJson(request, response), 'field');
  const key = 'api_key' in body ? authenticator.keyOwner(body.api_key) : (await redeem(sessions, body.token)).key;
  const grant = sessions.seal.grant(key, SESSION_MS);
  audit.note(key, 'session.sign-in', `keys/${key.keyId}`);
  sessions.set(response, grant);
  response.status(201).json(describe(key, grant.expiresAtMs));
}

async function redeem({ memory, seal }: CookieSessions, token: string): Promise<Grant> {
  const sealed = await memory.takeToken(token);
  const grant = sealed === undefined ? undefined : seal.open('sign-in', sealed);
  if (grant === undefined) throw unauthenticated('The token is unknown, was used or has expired.');
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
  const grant = sessions.seal.grant(principal, TOKEN_MS);
  const token = await sessions.memory.issueToken(sessions.seal.close('sign-in', grant), TOKEN_MS);
  response.status(201).json({ token, expires_at: new Date(grant.expiresAtMs).toISOString() });
}

function describe({ tenant, role, keyId }: Omit<Principal, 'session'>, expiresAtMs: number): z.output<typeof session> {
  return { tenant, role, key_id: keyId, expires_at: Number.isFinite(expiresAtMs) ? new Date(expiresAtMs).toISOString() : null };
}
