import { z } from 'zod';
import { findVersion, modelArtifactRoutes } from './artifacts';
import { findModel, promote, promotionBody, toModelResponse, toVersionResponse } from './model-actions';
import { ownModelArtifactRoutes } from './own-artifacts';
import { type OwnModelRouteDeps, ownModelRoutes } from './own-routes';
import { jsonResponse, problemResponses } from '../openapi/responses';
import type { Operation, Route } from '../http/router';
import { modelSummary, modelVersion } from './schemas';
import { shadowRoutes } from './shadow';

const tags = ['models'];

const promoteOperation: Operation = {
  operationId: 'promoteModel',
  summary: 'Promote a version to champion, or roll back to the previous one; needs a platform key; audited',
  tags,
  requestParams: { path: z.object({ name: z.string() }) },
  requestBody: { required: true, content: { 'application/json': { schema: promotionBody } } },
  responses: {
    200: jsonResponse('The model with its new champion', modelSummary),
    ...problemResponses(400, 401, 403, 404, 409, 415, 422, 503),
  },
};

export function modelRoutes(deps: OwnModelRouteDeps): Route[] {
  const { registry } = deps;
  return [
    {
      method: 'post',
      path: '/v1/models/{name}/champion',
      access: 'platform',
      operation: promoteOperation,
      handle: (context) => promote(registry, context.params.name, context),
    },
    {
      method: 'get',
      path: '/v1/models',
      access: 'authenticated',
      auditFailuresOnly: true,
      operation: {
        operationId: 'listModels',
        summary: "Every shared model and the tenant's own models, with their champions",
        tags,
        responses: {
          200: jsonResponse('The models', z.strictObject({ data: z.array(modelSummary) })),
          ...problemResponses(401, 403, 503),
        },
      },
      handle: async ({ response, principal: { tenant } }) => {
        const [shared, own] = await Promise.all([registry.list(), registry.ofTenant(tenant).list()]);
        response.json({ data: [...shared, ...own].map(toModelResponse) });
      },
    },
    {
      method: 'get',
      path: '/v1/models/{name}',
      access: 'authenticated',
      auditFailuresOnly: true,
      operation: {
        operationId: 'getModel',
        summary: 'One model with its versions',
        tags,
        requestParams: { path: z.object({ name: z.string() }) },
        responses: { 200: jsonResponse('The model', modelSummary), ...problemResponses(401, 403, 404, 503) },
      },
      handle: async ({ response, params }) => {
        response.json(await findModel(registry, params.name));
      },
    },
    {
      method: 'get',
      path: '/v1/models/{name}/versions/{version}',
      access: 'authenticated',
      auditFailuresOnly: true,
      operation: {
        operationId: 'getModelVersion',
        summary: 'Training data, decision rule and evaluation of one version',
        tags,
        requestParams: { path: z.object({ name: z.string(), version: z.string() }) },
        responses: { 200: jsonResponse('The version', modelVersion), ...problemResponses(401, 403, 404, 503) },
      },
      handle: async ({ response, params: { name, version } }) => {
        response.json(await toVersionResponse(await findVersion(registry, name, version), registry.comparisons));
      },
    },
    ...ownModelRoutes(deps),
    ...ownModelArtifactRoutes(registry),
    ...shadowRoutes(registry),
    ...modelArtifactRoutes(registry),
  ];
}
