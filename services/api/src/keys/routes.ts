import { createHash } from 'node:crypto';
import { type ActiveKeys, keyIdentifier, roles } from '@cytoqueue/runtime';
import { z } from 'zod';
import type { Principal } from '../http/request-context';
import { idempotencyKey, timestamp } from '../http/response-schemas';
import { jsonResponse, problemResponses } from '../openapi/responses';
import { idempotencyKeyOf, payloadDigest } from '../tenants/idempotency';
import { readJson } from '../http/json-body';
import { Problem } from '../http/problem';
import { type HandlerContext, type Operation, type Route, validateInput } from '../http/router';
import type { TenantKeys } from './tenant-keys';

const tags = ['api-keys'];
const path = '/v1/api-keys';

export const apiKey = z
  .strictObject({
    id: z.string(),
    role: z.enum(roles),
    created_at: timestamp.nullable().meta({ description: 'null for keys of a keys file without the date' }),
    expires_at: timestamp.nullable().meta({ description: 'null: it does not expire' }),
    last_used_day: z.iso.date().nullable().meta({ description: 'UTC; may be 15 minutes late' }),
    source: z.enum(['file', 'api']).meta({ description: 'file: the key is managed in the keys file by the operators' }),
  })
  .meta({ id: 'ApiKey' });

export const createdApiKey = apiKey
  .extend({
    key: z
      .string()
      .nullable()
      .meta({ description: 'The key itself, shown only now; null when the request is repeated' }),
  })
  .meta({ id: 'CreatedApiKey' });

const currentKey = z
  .string()
  .max(256)
  .optional()
  .meta({ description: "The caller's own API key; needed from a browser session" });
const creationBody = z
  .strictObject({
    id: keyIdentifier
      .optional()
      .meta({ description: 'Names the key in lists and in the audit log; generated when omitted' }),
    role: z.enum(roles),
    expires_at: timestamp.optional(),
    current_key: currentKey,
  })
  .meta({ id: 'ApiKeyBody' });
const deletionBody = z.strictObject({ current_key: currentKey }).meta({ id: 'ApiKeyDeletionBody' });

const listOperation: Operation = {
  operationId: 'listKeys',
  summary: "The tenant's API keys, without the keys themselves",
  tags,
  responses: {
    200: jsonResponse('The keys', z.strictObject({ data: z.array(apiKey) })),
    ...problemResponses(401, 403, 503),
  },
};

const createOperation: Operation = {
  operationId: 'createKey',
  summary: 'Create an API key of the tenant; every API process accepts it within ten seconds; audited',
  tags,
  requestParams: { header: z.object({ 'Idempotency-Key': idempotencyKey }) },
  requestBody: { required: true, content: { 'application/json': { schema: creationBody } } },
  responses: {
    201: jsonResponse('The key, shown only now', createdApiKey),
    ...problemResponses(400, 401, 403, 408, 409, 413, 415, 422, 503, 507),
  },
};

const deleteOperation: Operation = {
  operationId: 'deleteKey',
  summary:
    'Delete an API key with its sessions and event streams; every API process rejects it within ten seconds; audited',
  tags,
  requestParams: { path: z.object({ id: z.string() }) },
  requestBody: { required: false, content: { 'application/json': { schema: deletionBody } } },
  responses: {
    204: { description: 'Deleted' },
    ...problemResponses(400, 401, 403, 404, 408, 409, 410, 413, 415, 422, 503, 507),
  },
};

export interface ApiKeyRouteDeps {
  keys: ActiveKeys;
  tenantKeys: TenantKeys;
}

export function apiKeyRoutes(deps: ApiKeyRouteDeps): Route[] {
  const assertExists = (tenant: string, id: string) => deps.tenantKeys.find(tenant, id);
  return [
    { method: 'get', path, access: 'admin', operation: listOperation, handle: (context) => listKeys(deps, context) },
    {
      method: 'post',
      path,
      access: 'admin',
      operation: createOperation,
      handle: (context) => createKey(deps, context),
    },
    {
      method: 'delete',
      path: `${path}/{id}`,
      access: 'admin',
      assertExists,
      operation: deleteOperation,
      handle: (context) => deleteKey(deps, context),
    },
  ];
}

async function listKeys({ tenantKeys }: ApiKeyRouteDeps, { response, principal }: HandlerContext): Promise<void> {
  response.json({ data: await tenantKeys.list(principal.tenant) });
}

async function createKey(
  { keys, tenantKeys }: ApiKeyRouteDeps,
  { request, response, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const { current_key, ...newKey } = validateInput(creationBody, await readJson(request, response), 'field');
  assertReauthenticated(keys, principal, current_key);
  if (newKey.expires_at !== undefined && Date.parse(newKey.expires_at) <= Date.now()) throw expiryInPast();
  const idempotencyKey = idempotencyKeyOf(request);
  const idempotentRequest =
    idempotencyKey === undefined
      ? undefined
      : { key_sha256: sha256(idempotencyKey), payload_sha256: payloadDigest(newKey) };
  const { id, key, description } = await tenantKeys.create(principal, newKey, idempotentRequest);
  auditEntry.resource = `keys/${id}`;
  await auditEntry.recordDurably();
  response.status(201).json({ ...description, key });
}

async function deleteKey(
  { keys, tenantKeys }: ApiKeyRouteDeps,
  { request, response, params, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const body = hasBody(request) ? await readJson(request, response) : {};
  const { current_key } = validateInput(deletionBody, body, 'field');
  assertReauthenticated(keys, principal, current_key);
  await tenantKeys.remove(principal.tenant, params.id);
  auditEntry.resource = `keys/${params.id}`;
  await auditEntry.recordDurably();
  response.status(204).end();
}

/** Requires the key again: a stolen session must not create a key that outlives it. @throws Problem 403 */
function assertReauthenticated(
  keys: ActiveKeys,
  { tenant, keyId, session }: Principal,
  currentKey: string | undefined,
): void {
  if (session === undefined) return;
  const key = currentKey === undefined ? undefined : keys.findByKey(currentKey);
  if (key?.tenant === tenant && key.keyId === keyId) return;
  throw new Problem(
    'reauthentication-required',
    'In a browser session, send the API key that you signed in with as "current_key".',
  );
}

function hasBody({ headers }: HandlerContext['request']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function expiryInPast(): Problem {
  const detail = 'must be in the future';
  return new Problem('invalid-request', 'At least one field is not valid. Correct the listed ones.', {
    errors: [{ field: 'expires_at', code: 'not-in-future', detail }],
  });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
