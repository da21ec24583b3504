import { OWN_PREFIX } from '@cytoqueue/records';
import { type ModelRegistry, UnknownModelError } from '@cytoqueue/registry';
import { z } from 'zod';
import { notFound } from '../http/error-handler';
import { Problem } from '../http/problem';
import { jsonResponse, problemResponses } from '../openapi/responses';
import type { HandlerContext, Operation, Route } from '../http/router';
import type { TenantQuotas } from '../tenants/tenant-quotas';
import type { SettingsReader } from '../settings/settings-reader';
import { findOwnVersion } from './own-artifacts';
import { findModel, promote, promotionBody, toVersionResponse } from './model-actions';
import { modelSummary, modelVersion } from './schemas';

const tags = ['models'];
const path = '/v1/models/own/{name}';
const versionPath = `${path}/versions/{version}`;
const nameParam = { path: z.object({ name: z.string() }) };
const versionParams = { path: z.object({ name: z.string(), version: z.string() }) };

const getOperation: Operation = {
  operationId: 'getOwnModel',
  summary: "One of the tenant's own models with its versions",
  tags,
  requestParams: nameParam,
  responses: { 200: jsonResponse('The model', modelSummary), ...problemResponses(401, 403, 404, 503) },
};

const getVersionOperation: Operation = {
  operationId: 'getOwnModelVersion',
  summary: 'Features, decision rule, evaluation and comparisons of one version of an own model',
  tags,
  requestParams: versionParams,
  responses: { 200: jsonResponse('The version', modelVersion), ...problemResponses(401, 403, 404, 503) },
};

const deleteVersionOperation: Operation = {
  operationId: 'deleteOwnModelVersion',
  summary:
    'Delete a version with the training rows that it contains; records and batches that are not finished fail with model-deleted; the champion and the default model of the settings are refused (409); audited',
  tags,
  requestParams: versionParams,
  responses: { 204: { description: 'The version is deleted' }, ...problemResponses(401, 403, 404, 409, 503) },
};

const promoteOperation: Operation = {
  operationId: 'promoteOwnModel',
  summary: 'Make a version what `own/NAME` means, or go back to the previous one; audited',
  tags,
  requestParams: nameParam,
  requestBody: { required: true, content: { 'application/json': { schema: promotionBody } } },
  responses: {
    200: jsonResponse('The model with its new champion', modelSummary),
    ...problemResponses(400, 401, 403, 404, 408, 409, 413, 415, 422, 503),
  },
};

export interface OwnModelRouteDeps {
  registry: ModelRegistry;
  quotas: Pick<TenantQuotas, 'storage'>;
  tenantSettings: SettingsReader;
}

/** A tenant's own models. Those of other tenants are not found: the tenant of the key decides which registry is read. */
export function ownModelRoutes(deps: OwnModelRouteDeps): Route[] {
  const { registry } = deps;
  return [
    {
      method: 'get',
      path,
      access: 'authenticated',
      auditFailuresOnly: true,
      operation: getOperation,
      handle: async ({ response, principal, params }) => {
        response.json(await findModel(registry.ofTenant(principal.tenant), params.name));
      },
    },
    {
      method: 'get',
      path: versionPath,
      access: 'authenticated',
      auditFailuresOnly: true,
      operation: getVersionOperation,
      handle: (context) => getVersion(registry, context),
    },
    {
      method: 'delete',
      path: versionPath,
      access: 'admin',
      operation: deleteVersionOperation,
      handle: (context) => deleteVersion(deps, context),
    },
    {
      method: 'post',
      path: `${path}/champion`,
      access: 'admin',
      operation: promoteOperation,
      handle: (context) => promote(registry.ofTenant(context.principal.tenant), context.params.name, context),
    },
  ];
}

async function getVersion(registry: ModelRegistry, { response, principal, params }: HandlerContext): Promise<void> {
  const own = registry.ofTenant(principal.tenant);
  const model = await findOwnVersion(own, params.name, params.version);
  response.json(await toVersionResponse(model, own.comparisons));
}

async function deleteVersion(
  { registry, tenantSettings, quotas }: OwnModelRouteDeps,
  { response, principal: { tenant }, params: { name, version }, auditEntry }: HandlerContext,
): Promise<void> {
  const ref = `${OWN_PREFIX}${name}@${version}`;
  if ((await tenantSettings.readLatest(tenant)).default_model === ref)
    throw new Problem('default-model-in-use', `${ref} is the default_model of the settings. Change it there first.`);
  await registry
    .ofTenant(tenant)
    .delete(name, version)
    .catch((error: unknown) => {
      throw error instanceof UnknownModelError ? notFound(error) : error;
    });
  await quotas.storage.invalidate(tenant);
  auditEntry.resource = `models/${ref}`;
  await auditEntry.recordDurably();
  response.status(204).end();
}
