import { type ModelEntry, NothingToRollBackError, type ModelRegistry } from '@cytoqueue/registry';
import { z } from 'zod';
import { findVersion, modelArtifactRoutes } from './artifacts';
import { jsonResponse, problemResponses } from '../http/response-schemas';
import { notFound } from '../http/error-handler';
import { readJson } from '../http/json-body';
import { Problem } from '../http/problem';
import { type HandlerContext, type Operation, type Route, parse } from '../http/router';
import { modelSummary, modelVersion } from './schemas';
import { shadowRoutes } from './shadow';

const tags = ['models'];

const promotionBody = z
  .union([
    z.strictObject({
      version: z.string().max(64),
      accept_lower_sensitivity: z
        .boolean()
        .optional()
        .meta({ description: 'Promote it although its comparison says that it finds fewer malignant records' }),
      accept_unknown: z
        .boolean()
        .optional()
        .meta({ description: 'Promote it although it was not compared with the champion' }),
    }),
    z.strictObject({ rollback: z.literal(true) }),
  ])
  .meta({
    id: 'PromotionBody',
    description:
      'The version to promote, or a rollback to the previous champion. A version that finds fewer malignant records than the champion (409 lower-sensitivity) or was not compared with it (409 comparison-missing) is promoted only if the body accepts that; a rollback is always possible',
  });

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

export interface ModelRouteDeps {
  registry: ModelRegistry;
}

export function modelRoutes({ registry }: ModelRouteDeps): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/models/{name}/champion',
      access: 'platform',
      operation: promoteOperation,
      handle: (context) => promote(registry, context),
    },
    {
      method: 'get',
      path: '/v1/models',
      access: 'authenticated',
      auditFailuresOnly: true,
      operation: {
        operationId: 'listModels',
        summary: 'Every model with its champion',
        tags,
        responses: {
          200: jsonResponse('The models', z.strictObject({ data: z.array(modelSummary) })),
          ...problemResponses(401, 403, 503),
        },
      },
      handle: async ({ response }) => {
        response.json({ data: (await registry.list()).map(toModelResponse) });
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
        response.json(await toVersionResponse(registry, name, version));
      },
    },
    ...shadowRoutes(registry),
    ...modelArtifactRoutes(registry),
  ];
}

async function findModel(registry: ModelRegistry, name: string) {
  const model = await registry.find(name);
  if (model === undefined) throw notFound();
  return toModelResponse(model);
}

async function promote(
  registry: ModelRegistry,
  { request, response, params, principal, auditEntry }: HandlerContext,
): Promise<void> {
  await findModel(registry, params.name);
  const body = parse(promotionBody, await readJson(request, response), 'field');
  const by = `${principal.tenant}/${principal.keyId}`;
  const change =
    'version' in body
      ? registry.promote(params.name, body.version, by, {
          lowerSensitivity: body.accept_lower_sensitivity,
          unknown: body.accept_unknown,
        })
      : registry.rollBack(params.name, by);
  const { version } = await change.catch((error: unknown) => {
    throw error instanceof NothingToRollBackError
      ? new Problem('nothing-to-roll-back', error.message, { cause: error })
      : error;
  });
  if ('rollback' in body) auditEntry.action = 'model.rollback';
  auditEntry.resource = `models/${params.name}@${version}`;
  await auditEntry.recordDurably();
  response.json(await findModel(registry, params.name));
}

function toModelResponse(model: ModelEntry) {
  return { ...model, links: { self: `/v1/models/${model.name}` } };
}

async function toVersionResponse(registry: ModelRegistry, name: string, version: string) {
  const { file, schema, training, digest, version: pinned } = await findVersion(registry, name, version);
  const comparisons = await registry.comparisons.read({ name, version: pinned, digest });
  return {
    name,
    version: pinned,
    digest,
    schema: schema.id,
    features: schema.features.map((feature) => ({
      ...feature,
      max: Number.isFinite(feature.max) ? feature.max : null,
    })),
    labels: schema.labels,
    k: file.k,
    metric: file.metric,
    rule: file.rule,
    operating_points: file.operating_points,
    training: { rows: training.rows, data_digest: file.training.data_digest },
    evaluation: file.evaluation,
    comparisons,
    limits_of_use: file.limits_of_use,
    links: { self: `/v1/models/${name}/versions/${pinned}` },
  };
}
