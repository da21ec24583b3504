import { type ModelEntry, NothingToRollBackError, type Registry } from '@cytoqueue/registry';
import { z } from 'zod';
import { findVersion, modelArtifactRoutes } from './model-artifacts';
import { answer, modelSummary, modelVersion, refusals } from '../http/documents';
import { notFound } from '../http/errors';
import { readJson } from '../http/json-body';
import { Problem } from '../http/problem';
import { type Call, type Operation, type Route, parseWith } from '../http/route';

const tags = ['models'];

const promotionBody = z
  .union([z.strictObject({ version: z.string().max(64) }), z.strictObject({ rollback: z.literal(true) })])
  .meta({ id: 'PromotionBody', description: 'A version to promote, or the return to the champion before' });

const promotion: Operation = {
  operationId: 'promoteModel',
  summary: 'Make a version the champion, or go back to the one before; needs a platform key; audited',
  tags,
  requestParams: { path: z.object({ name: z.string() }) },
  requestBody: { required: true, content: { 'application/json': { schema: promotionBody } } },
  responses: { 200: answer('The model with its new champion', modelSummary), ...refusals(400, 401, 403, 404, 409, 415, 422, 503) },
};

export interface ModelRouteServices {
  registry: Registry;
}

export function modelRoutes({ registry }: ModelRouteServices): Route[] {
  return [
    { method: 'post', path: '/v1/models/{name}/champion', access: 'platform', operation: promotion, handle: (call) => promote(registry, call) },
    {
      method: 'get',
      path: '/v1/models',
      access: 'any',
      quiet: true,
      operation: {
        operationId: 'listModels',
        summary: 'Every model with its champion',
        tags,
        responses: { 200: answer('The models', z.strictObject({ data: z.array(modelSummary) })), ...refusals(401, 403, 503) },
      },
      handle: async ({ response }) => {
        response.json({ data: (await registry.list()).map(summarize) });
      },
    },
    {
      method: 'get',
      path: '/v1/models/{name}',
      access: 'any',
      quiet: true,
      operation: {
        operationId: 'getModel',
        summary: 'One model with its versions',
        tags,
        requestParams: { path: z.object({ name: z.string() }) },
        responses: { 200: answer('The model', modelSummary), ...refusals(401, 403, 404, 503) },
      },
      handle: async ({ response, params }) => {
        response.json(await findModel(registry, params.name));
      },
    },
    {
      method: 'get',
      path: '/v1/models/{name}/versions/{version}',
      access: 'any',
      quiet: true,
      operation: {
        operationId: 'getModelVersion',
        summary: 'What one version was trained on, how it decides and how well',
        tags,
        requestParams: { path: z.object({ name: z.string(), version: z.string() }) },
        responses: { 200: answer('The version', modelVersion), ...refusals(401, 403, 404, 503) },
      },
      handle: async ({ response, params: { name, version } }) => {
        response.json(await describe(registry, name, version));
      },
    },
    ...modelArtifactRoutes(registry),
  ];
}

async function findModel(registry: Registry, wanted: string) {
  const model = await registry.find(wanted);
  if (model === undefined) throw notFound();
  return summarize(model);
}

async function promote(registry: Registry, { request, response, params, principal, trail }: Call): Promise<void> {
  await findModel(registry, params.name);
  const body = parseWith(promotionBody, await readJson(request, response), 'field');
  const by = `${principal.tenant}/${principal.keyId}`;
  const change = 'version' in body ? registry.promote(params.name, body.version, by) : registry.rollBack(params.name, by);
  const { version } = await change.catch((error: unknown) => {
    throw error instanceof NothingToRollBackError ? new Problem('nothing-to-roll-back', error.message, { cause: error }) : error;
  });
  if ('rollback' in body) trail.action = 'model.rollback';
  trail.resource = `models/${params.name}@${version}`;
  await trail.done();
  response.json(await findModel(registry, params.name));
}

function summarize(model: ModelEntry) {
  return { ...model, links: { self: `/v1/models/${model.name}` } };
}

async function describe(registry: Registry, name: string, version: string) {
  const { file, schema, training, digest, version: pinned } = await findVersion(registry, name, version);
  return {
    name,
    version: pinned,
    digest,
    schema: schema.id,
    features: schema.features.map((feature) => ({ ...feature, max: Number.isFinite(feature.max) ? feature.max : null })),
    labels: schema.labels,
    k: file.k,
    metric: file.metric,
    rule: file.rule,
    operating_points: file.operating_points,
    training: { rows: training.rows, data_digest: file.training.data_digest },
    evaluation: file.evaluation,
    limits_of_use: file.limits_of_use,
    links: { self: `/v1/models/${name}/versions/${pinned}` },
  };
}
