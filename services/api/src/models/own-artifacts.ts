import type { Model } from '@cytoqueue/classifier';
import { type ModelRegistry, type OwnModels, UnknownModelError, isPlot, parseEvaluation } from '@cytoqueue/registry';
import { z } from 'zod';
import { notFound } from '../http/error-handler';
import type { HandlerContext, Operation, Route } from '../http/router';
import { jsonResponse, problemResponses, rawResponse } from '../openapi/responses';
import { orNotFound, sendMarkdown, sendSvg } from './artifacts';
import { modelEvaluation } from './schemas';

const tags = ['models'];
const versionPath = '/v1/models/own/{name}/versions/{version}';
const pathParams = { name: z.string(), version: z.string() };
const problems = problemResponses(401, 403, 404, 503);

const cardOperation: Operation = {
  operationId: 'getOwnModelCard',
  summary: 'The model card of a version that a training has added',
  tags,
  requestParams: { path: z.object(pathParams) },
  responses: { 200: rawResponse('The card', 'text/markdown'), ...problems },
};

const evaluationOperation: Operation = {
  operationId: 'getOwnModelEvaluation',
  summary: 'The cross-validation of a version that a training has added',
  tags,
  requestParams: { path: z.object(pathParams) },
  responses: { 200: jsonResponse('The evaluation', modelEvaluation), ...problems },
};

const plotOperation: Operation = {
  operationId: 'getOwnModelPlot',
  summary: 'A plot of the model card of an own version',
  tags,
  requestParams: { path: z.object({ ...pathParams, file: z.string() }) },
  responses: { 200: rawResponse('The plot', 'image/svg+xml'), ...problems },
};

/** Not cached: a version may be deleted, and its plots with it. */
const NOT_CACHED = 'no-store';

/** Card, evaluation and plots of the tenant's own versions. Versions that were added as a file have none. */
export function ownModelArtifactRoutes(registry: ModelRegistry): Route[] {
  const access = 'authenticated';
  return [
    {
      method: 'get',
      path: `${versionPath}/card`,
      access,
      auditFailuresOnly: true,
      operation: cardOperation,
      handle: async (context) => {
        const card = (await readArtifact(registry, context, 'card.md')).bytes?.toString();
        sendMarkdown(context.response, card, NOT_CACHED);
      },
    },
    {
      method: 'get',
      path: `${versionPath}/evaluation`,
      access,
      auditFailuresOnly: true,
      operation: evaluationOperation,
      handle: async (context) => {
        const { model, bytes } = await readArtifact(registry, context, 'evaluation.json');
        context.response.json(orNotFound(bytes && parseEvaluation(model, bytes)));
      },
    },
    {
      method: 'get',
      path: `${versionPath}/plots/{file}`,
      access,
      auditFailuresOnly: true,
      operation: plotOperation,
      handle: async (context) => {
        const { file } = context.params;
        if (!isPlot(file)) throw notFound();
        sendSvg(context.response, (await readArtifact(registry, context, file)).bytes, NOT_CACHED);
      },
    },
  ];
}

/** @throws Problem 404 */
export async function findOwnVersion(own: OwnModels, name: string, version: string): Promise<Model> {
  try {
    return (await own.load(`${name}@${version}`)).model;
  } catch (error) {
    throw error instanceof UnknownModelError ? notFound(error) : error;
  }
}

/** @throws Problem 404 when the tenant has no such version */
async function readArtifact(
  registry: ModelRegistry,
  { principal, params: { name, version } }: HandlerContext,
  file: string,
) {
  const own = registry.ofTenant(principal.tenant);
  const model = await findOwnVersion(own, name, version);
  return { model, bytes: await own.readArtifact(name, version, file) };
}
