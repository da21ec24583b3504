import { type ModelRegistry, NoChampionError, UnknownModelError } from '@cytoqueue/registry';
import { z } from 'zod';
import { readJson } from '../http/json-body';
import { Problem } from '../http/problem';
import { jsonResponse, problemResponses } from '../openapi/responses';
import { type HandlerContext, type Operation, type Route, validateInput } from '../http/router';
import type { SettingsReader } from './settings-reader';

const tags = ['settings'];
const path = '/v1/settings';

export const settingsBody = z
  .strictObject({
    default_model: z.string().max(256).nullable().meta({
      description: 'name@version, which a promotion does not change; null: the champion of the default model',
      example: 'wbc-knn@1.0.0',
    }),
    operating_point: z.enum(['default', 'sensitivity99']),
  })
  .meta({ id: 'Settings', description: 'Used where a record or upload names no model or operating point' });

const getOperation: Operation = {
  operationId: 'getSettings',
  summary: "The tenant's settings",
  tags,
  responses: { 200: jsonResponse('The settings', settingsBody), ...problemResponses(401, 403, 409, 503) },
};

const putOperation: Operation = {
  operationId: 'replaceSettings',
  summary: "Replace the tenant's settings; every API process uses them within ten seconds; audited",
  tags,
  requestBody: { required: true, content: { 'application/json': { schema: settingsBody } } },
  responses: {
    200: jsonResponse('The settings as stored', settingsBody),
    ...problemResponses(400, 401, 403, 408, 413, 415, 422, 503, 507),
  },
};

export interface SettingsRouteDeps {
  registry: ModelRegistry;
  tenantSettings: SettingsReader;
}

export function settingsRoutes(deps: SettingsRouteDeps): Route[] {
  return [
    { method: 'get', path, access: 'admin', operation: getOperation, handle: (context) => getSettings(deps, context) },
    {
      method: 'put',
      path,
      access: 'admin',
      operation: putOperation,
      handle: (context) => replaceSettings(deps, context),
    },
  ];
}

async function getSettings(
  { tenantSettings }: SettingsRouteDeps,
  { response, principal }: HandlerContext,
): Promise<void> {
  const { default_model, operating_point } = await tenantSettings.readLatest(principal.tenant);
  response.json({ default_model, operating_point });
}

async function replaceSettings(
  { registry, tenantSettings }: SettingsRouteDeps,
  { request, response, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const wanted = validateInput(settingsBody, await readJson(request, response), 'field');
  if (wanted.default_model !== null) await assertPinned(registry, principal.tenant, wanted.default_model);
  await tenantSettings.replace(principal.tenant, wanted);
  await auditEntry.recordDurably();
  response.json(wanted);
}

/** Requires a version: a bare name would follow promotions, which the setting prevents. @throws Problem 422, UnknownModelError */
async function assertPinned(registry: ModelRegistry, tenant: string, reference: string): Promise<void> {
  const { name, version } = await registry.resolve(reference, tenant).catch((error: unknown) => {
    if (error instanceof UnknownModelError || error instanceof NoChampionError)
      throw notPinned(error.code, error.message);
    throw error;
  });
  if (reference !== `${name}@${version}`)
    throw notPinned('not-a-version', `${reference} names no version; send ${name}@${version} to pin the present one`);
}

function notPinned(code: string, detail: string): Problem {
  return new Problem('invalid-request', 'A field is not valid.', {
    errors: [{ field: 'default_model', code, detail }],
  });
}
