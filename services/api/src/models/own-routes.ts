import { OWN_PREFIX } from '@cytoqueue/records';
import { type ModelRegistry, UnknownModelError } from '@cytoqueue/registry';
import { z } from 'zod';
import { notFound } from '../http/error-handler';
import { jsonResponse, problemResponses } from '../http/response-schemas';
import type { HandlerContext, Operation, Route } from '../http/router';
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
  responses: { 200: jsonResponse('The version', modelVersion), ...problemResponses(401, 403, 404, 410, 503) },
};

const deleteVersionOperation: Operation = {
  operationId: 'deleteOwnModelVersion',
  summary:
    'Delete a version with the training rows that it contains; records and batches that are not finished fail with model-deleted; the champion is refused (409); audited',
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

/** A tenant's own models. Those of other tenants are not found: the tenant of the key decides which registry is read. */
export function ownModelRoutes(registry: ModelRegistry): Route[] {
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
      handle: (context) => deleteVersion(registry, context),
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
  const pin = await own.resolve(`${params.name}@${params.version}`).catch(ifUnknown);
  response.json(await toVersionResponse((await own.loadPinned(pin)).model, own.comparisons));
}

async function deleteVersion(
  registry: ModelRegistry,
  { response, principal, params: { name, version }, auditEntry }: HandlerContext,
): Promise<void> {
  await registry.ofTenant(principal.tenant).delete(name, version).catch(ifUnknown);
  auditEntry.resource = `models/${OWN_PREFIX}${name}@${version}`;
  await auditEntry.recordDurably();
  response.status(204).end();
}

function ifUnknown(error: unknown): never {
  throw error instanceof UnknownModelError ? notFound(error) : error;
}
