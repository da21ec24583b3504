import { createHash } from 'node:crypto';
import { type KeyRing, keyIdentifier, roles } from '@cytoqueue/runtime';
import { z } from 'zod';
import type { Principal } from '../http/context';
import { answer, idempotencyKey, refusals, timestamp } from '../http/documents';
import { idempotencyKeyOf, payloadDigest } from '../http/idempotency';
import { readJson } from '../http/json-body';
import { Problem } from '../http/problem';
import { type Call, type Operation, type Route, parseWith } from '../http/route';
import type { TenantKeys } from '../keys/tenant-keys';

const tags = ['api-keys'];
const path = '/v1/api-keys';

export const apiKey = z
  .strictObject({
    id: z.string(),
    role: z.enum(roles),
    created_at: timestamp.nullable().meta({ description: 'null: keys of the keys file do not say' }),
    expires_at: timestamp.nullable().meta({ description: 'null: it has no end' }),
    last_used_day: z.iso.date().nullable().meta({ description: 'UTC; may be a quarter of an hour late' }),
    source: z.enum(['file', 'api']).meta({ description: 'Keys of the file are changed by the operators' }),
  })
  .meta({ id: 'ApiKey' });

export const createdApiKey = apiKey
  .extend({ key: z.string().nullable().meta({ description: 'The key itself, shown only now; null in a repetition of the request' }) })
  .meta({ id: 'CreatedApiKey' });

const currentKey = z.string().max(256).optional().meta({ description: "The caller's own API key; needed from a browser session" });
const creationBody = z
  .strictObject({
    id: keyIdentifier.optional().meta({ description: 'Names the key in lists and in the audit log; one is made when left out' }),
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
  responses: { 200: answer('The keys', z.strictObject({ data: z.array(apiKey) })), ...refusals(401, 403, 503) },
};

const createOperation: Operation = {
  operationId: 'createKey',
  summary: 'Create an API key of the tenant; every API process accepts it within ten seconds; audited',
  tags,
  requestParams: { header: z.object({ 'Idempotency-Key': idempotencyKey }) },
  requestBody: { required: true, content: { 'application/json': { schema: creationBody } } },
  responses: { 201: answer('The key, shown only now', createdApiKey), ...refusals(400, 401, 403, 408, 409, 413, 415, 422, 503, 507) },
};

const deleteOperation: Operation = {
  operationId: 'deleteKey',
  summary: 'Delete an API key with its sessions and event streams; every API process refuses it within ten seconds; audited',
  tags,
  requestParams: { path: z.object({ id: z.string() }) },
  requestBody: { required: false, content: { 'application/json': { schema: deletionBody } } },
  responses: { 204: { description: 'Deleted' }, ...refusals(400, 401, 403, 404, 408, 409, 410, 413, 415, 422, 503, 507) },
};

export interface ApiKeyRouteServices {
  keys: KeyRing;
  tenantKeys: TenantKeys;
}

export function apiKeyRoutes(services: ApiKeyRouteServices): Route[] {
  const find = (tenant: string, id: string) => services.tenantKeys.find(tenant, id);
  return [
    { method: 'get', path, access: 'admin', operation: listOperation, handle: (call) => listKeys(services, call) },
    { method: 'post', path, access: 'admin', operation: createOperation, handle: (call) => createKey(services, call) },
    { method: 'delete', path: `${path}/{id}`, access: 'admin', find, operation: deleteOperation, handle: (call) => deleteKey(services, call) },
  ];
}

async function listKeys({ tenantKeys }: ApiKeyRouteServices, { response, principal }: Call): Promise<void> {
  response.json({ data: await tenantKeys.list(principal.tenant) });
}

async function createKey({ keys, tenantKeys }: ApiKeyRouteServices, { request, response, principal, trail }: Call): Promise<void> {
  const { current_key, ...wanted } = parseWith(creationBody, await readJson(request, response), 'field');
  reauthenticate(keys, principal, current_key);
  if (wanted.expires_at !== undefined && Date.parse(wanted.expires_at) <= Date.now()) throw inThePast();
  const repeatable = idempotencyKeyOf(request);
  const described = repeatable === undefined ? undefined : { key_sha256: sha256(repeatable), payload_sha256: payloadDigest(wanted) };
  const { id, key, description } = await tenantKeys.create(principal, wanted, described);
  trail.resource = `keys/${id}`;
  await trail.done();
  response.status(201).json({ ...description, key });
}

async function deleteKey({ keys, tenantKeys }: ApiKeyRouteServices, { request, response, params, principal, trail }: Call): Promise<void> {
  const body = hasBody(request) ? await readJson(request, response) : {};
  const { current_key } = parseWith(deletionBody, body, 'field');
  reauthenticate(keys, principal, current_key);
  await tenantKeys.remove(principal.tenant, params['id'] ?? '');
  trail.resource = `keys/${params['id']}`;
  await trail.done();
  response.status(204).end();
}

/** A stolen session must not become a key that outlives it. @throws Problem 403 */
function reauthenticate(keys: KeyRing, { tenant, keyId, session }: Principal, currentKey: string | undefined): void {
  if (session === undefined) return;
  const held = currentKey === undefined ? undefined : keys.findByKey(currentKey);
  if (held?.tenant === tenant && held.keyId === keyId) return;
  throw new Problem('reauthentication-required', 'In a browser session, send the API key that you signed in with as "current_key".');
}

function hasBody({ headers }: Call['request']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function inThePast(): Problem {
  const detail = 'must be in the future';
  return new Problem('invalid-request', 'A field is not valid.', { errors: [{ field: 'expires_at', code: 'not-in-future', detail }] });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
