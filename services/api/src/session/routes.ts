import { setTimeout } from 'node:timers/promises';
import type { ModelRegistry } from '@cytoqueue/registry';
import type { ActiveKey } from '@cytoqueue/runtime';
import { z } from 'zod';
import type { AuditLog } from '../audit/audit-log';
import { type Authenticator, unauthenticated } from './authenticator';
import type { Principal } from '../http/request-context';
import type { SessionCookies } from './session-cookie';
import { timestamp } from '../http/response-schemas';
import { jsonResponse, problemResponses } from '../openapi/responses';
import { readJson } from '../http/json-body';
import { Problem } from '../http/problem';
import { type HandlerContext, type Operation, type Route, validateInput } from '../http/router';
import { lineageOf, canHaveChildren } from './session-lineage';
import type { SessionClaims, ParentSession } from './session-token';
import { type SettingsReader, applySettings } from '../settings/settings-reader';

const SESSION_LIFETIME_MS = 12 * 60 * 60_000;
const TOKEN_LIFETIME_MS = 10 * 60_000;

/** The session is answered without the defaults if they take longer. */
const MAX_DEFAULTS_MS = 1_000;

const tags = ['session'];

const signInBody = z
  .union([z.strictObject({ api_key: z.string().max(256) }), z.strictObject({ token: z.string().max(256) })])
  .meta({ id: 'SignInBody', description: 'An API key, or a token of POST /v1/session/tokens' });

export const session = z
  .strictObject({
    tenant: z.string(),
    role: z.enum(['member', 'operator', 'admin']),
    platform: z.boolean().meta({
      description: 'Whether the key also has rights to what all tenants share: models and the queue board',
    }),
    key_id: z.string(),
    expires_at: timestamp
      .nullable()
      .meta({ description: 'Expiry of the session, or of the API key that was sent; null when it does not expire' }),
    defaults: z
      .strictObject({ model: z.string(), operating_point: z.enum(['default', 'sensitivity99']) })
      .optional()
      .meta({
        description:
          "The tenant's model version (name@version) and operating point for requests that name none; absent at sign-in and where they cannot be determined",
      }),
  })
  .meta({ id: 'Session' });

const signInToken = z.strictObject({ token: z.string(), expires_at: timestamp }).meta({ id: 'SignInToken' });

const cookieHeader = { 'Set-Cookie': { schema: { type: 'string' as const } } };

const signInOperation: Operation = {
  operationId: 'signIn',
  summary: 'Exchange an API key or a sign-in token for a session cookie',
  tags,
  requestBody: { required: true, content: { 'application/json': { schema: signInBody } } },
  responses: {
    201: jsonResponse('Signed in', session, cookieHeader),
    ...problemResponses(400, 401, 403, 408, 413, 415, 422, 503),
  },
};

const getOperation: Operation = {
  operationId: 'getSession',
  summary: 'The current session',
  tags,
  responses: { 200: jsonResponse('The session', session), ...problemResponses(401) },
};

const signOutOperation: Operation = {
  operationId: 'signOut',
  summary: 'End the session, every copy of its cookie, and every session and token created in it',
  tags,
  responses: { 204: { description: 'Signed out' }, ...problemResponses(403, 503) },
};

const tokenOperation: Operation = {
  operationId: 'createSignInToken',
  summary:
    'Create a one-time token that signs in a browser within ten minutes; it ends with the session that created it',
  tags,
  responses: { 201: jsonResponse('The token, shown only now', signInToken), ...problemResponses(401, 403, 503) },
};

export interface SessionRouteDeps {
  authenticator: Authenticator;
  sessions: SessionCookies;
  audit: AuditLog;
  registry: ModelRegistry;
  tenantSettings: SettingsReader;
}

export function sessionRoutes(deps: SessionRouteDeps): Route[] {
  const path = '/v1/session';
  return [
    { method: 'post', path, access: 'public', operation: signInOperation, handle: (context) => signIn(deps, context) },
    {
      method: 'get',
      path,
      access: 'authenticated',
      auditFailuresOnly: true,
      operation: getOperation,
      handle: (context) => getSession(deps, context),
    },
    {
      method: 'delete',
      path,
      access: 'public',
      operation: signOutOperation,
      handle: (context) => signOut(deps, context),
    },
    {
      method: 'post',
      path: `${path}/tokens`,
      access: 'authenticated',
      operation: tokenOperation,
      handle: (context) => createToken(deps, context),
    },
  ];
}

/** Requires the same origin: a site that signs a browser in with its own key would receive the user's uploads. */
async function signIn(
  { authenticator, sessions, audit }: SessionRouteDeps,
  { request, response }: HandlerContext,
): Promise<void> {
  sessions.assertSameOrigin(request);
  const body = validateInput(signInBody, await readJson(request, response), 'field');
  const { key, parent } =
    'api_key' in body ? { key: authenticator.findKey(body.api_key) } : await redeemToken(sessions, body.token);
  const claims = sessions.tokens.createSessionClaims(key, SESSION_LIFETIME_MS, parent);
  await revokeReplaced(sessions, request, claims);
  audit.append(key, 'session.sign-in', `keys/${key.keyId}`);
  sessions.set(response, claims);
  response.status(201).json(toSessionResponse(key, claims.expiresAtMs));
}

/** Revokes the session whose cookie is overwritten, which could never be signed out. Signing in works without Redis. */
async function revokeReplaced(
  sessions: SessionCookies,
  request: HandlerContext['request'],
  newClaims: SessionClaims,
): Promise<void> {
  const replaced = await sessions.current(request);
  if (replaced === undefined || lineageOf(newClaims.id).includes(replaced.id)) return;
  await sessions.store.revoke(replaced.id, replaced.expiresAtMs - Date.now()).catch(() => undefined);
}

/** @throws Problem 401, also when the session that created the token has ended */
async function redeemToken(
  { store, tokens }: SessionCookies,
  token: string,
): Promise<{ key: ActiveKey; parent?: ParentSession }> {
  const signedToken = await store.consumeToken(token);
  const claims = signedToken === undefined ? undefined : tokens.verify('sign-in', signedToken);
  const isValid = claims !== undefined && (claims.parent === undefined || !(await store.isRevoked(claims.parent.id)));
  if (!isValid) throw unauthenticated('The token is unknown, has been used or has expired. Create a new one.');
  return claims;
}

async function getSession(deps: SessionRouteDeps, { response, principal }: HandlerContext): Promise<void> {
  response.json({
    ...toSessionResponse(principal, principal.session?.expiresAtMs ?? principal.expiresAtMs),
    // The session itself must not depend on the store, which may be away or slow.
    defaults: await Promise.race([
      readDefaults(deps, principal.tenant).catch(() => undefined),
      setTimeout(MAX_DEFAULTS_MS, undefined, { ref: false }),
    ]),
  });
}

async function readDefaults({ registry, tenantSettings }: SessionRouteDeps, tenant: string) {
  const { model, operating_point } = await applySettings(tenantSettings, tenant, {});
  const { name, version } = await registry.resolve(model, tenant);
  return { model: `${name}@${version}`, operating_point };
}

async function signOut({ sessions, audit }: SessionRouteDeps, { request, response }: HandlerContext): Promise<void> {
  const claims = await sessions.find(request);
  if (claims !== undefined) {
    await sessions.store.revoke(claims.id, claims.expiresAtMs - Date.now());
    audit.append(claims.key, 'session.sign-out', `keys/${claims.key.keyId}`);
  }
  sessions.clear(response);
  response.status(204).end();
}

async function createToken(
  { sessions }: SessionRouteDeps,
  { response, principal, auditEntry }: HandlerContext,
): Promise<void> {
  auditEntry.action = 'session.create-token';
  auditEntry.resource = `keys/${principal.keyId}`;
  if (principal.session !== undefined && !canHaveChildren(principal.session.id)) {
    throw new Problem(
      'forbidden',
      'This session was created through too many others. Sign in with an API key to create a token.',
    );
  }
  const claims = sessions.tokens.createTokenClaims(principal, TOKEN_LIFETIME_MS, principal.session);
  const token = await sessions.store.issueToken(
    sessions.tokens.sign('sign-in', claims),
    claims.expiresAtMs - Date.now(),
  );
  response.status(201).json({ token, expires_at: new Date(claims.expiresAtMs).toISOString() });
}

function toSessionResponse(
  { tenant, role, platform, keyId }: Omit<Principal, 'session'>,
  expiresAtMs: number,
): z.output<typeof session> {
  return {
    tenant,
    role,
    platform,
    key_id: keyId,
    expires_at: Number.isFinite(expiresAtMs) ? new Date(expiresAtMs).toISOString() : null,
  };
}
