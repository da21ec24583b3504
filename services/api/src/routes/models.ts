import { type Registry, UnknownModelError } from '@cytoqueue/registry';
import { z } from 'zod';
import { answer, modelSummary, modelVersion, refusals } from '../http/documents';
import { notFound } from '../http/errors';
import type { Route } from '../http/route';

const tags = ['models'];

export function modelRoutes({ registry }: { registry: Registry }): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/models',
      access: 'any',
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
      operation: {
        operationId: 'getModel',
        summary: 'One model with its versions',
        tags,
        requestParams: { path: z.object({ name: z.string() }) },
        responses: { 200: answer('The model', modelSummary), ...refusals(401, 403, 404, 503) },
      },
      handle: async ({ response, params }) => {
        const model = (await registry.list()).find(({ name }) => name === params.name);
        if (model === undefined) throw notFound();
        response.json(summarize(model));
      },
    },
    {
      method: 'get',
      path: '/v1/models/{name}/versions/{version}',
      access: 'any',
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
  ];
}

function summarize(model: Awaited<ReturnType<Registry['list']>>[number]) {
  return { ...model, links: { self: `/v1/models/${model.name}` } };
}

async function describe(registry: Registry, name: string, version: string) {
  const pin = await registry.resolve(`${name}@${version}`).catch((error: unknown) => {
    throw error instanceof UnknownModelError ? notFound(error) : error;
  });
  const { file, schema, training, digest } = (await registry.pinned(pin)).model;
  return {
    name,
    version: pin.version,
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
    links: { self: `/v1/models/${name}/versions/${pin.version}` },
  };
}
