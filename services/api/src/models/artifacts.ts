import { type ModelRegistry, UnknownModelError, readCard, readEvaluation, readPlot } from '@cytoqueue/registry';
import type { Response } from 'express';
import { z } from 'zod';
import { jsonResponse, rawResponse, problemResponses } from '../openapi/responses';
import { notFound } from '../http/error-handler';
import type { HandlerContext, Operation, Route } from '../http/router';
import { modelEvaluation } from './schemas';

const tags = ['models'];
const versionPath = '/v1/models/{name}/versions/{version}';
const pathParams = { name: z.string(), version: z.string() };
const problems = problemResponses(401, 403, 404, 503);

const cardOperation: Operation = {
  operationId: 'getModelCard',
  summary: 'The model card of a shipped version',
  tags,
  requestParams: { path: z.object(pathParams) },
  responses: { 200: rawResponse('The card', 'text/markdown'), ...problems },
};

const evaluationOperation: Operation = {
  operationId: 'getModelEvaluation',
  summary: 'The cross-validation of a shipped version, with confidence intervals',
  tags,
  requestParams: { path: z.object(pathParams) },
  responses: { 200: jsonResponse('The evaluation', modelEvaluation), ...problems },
};

const plotOperation: Operation = {
  operationId: 'getModelPlot',
  summary: 'A plot of the model card',
  tags,
  requestParams: { path: z.object({ ...pathParams, file: z.string() }) },
  responses: { 200: rawResponse('The plot', 'image/svg+xml'), ...problems },
};

/** Versions and their cards never change. */
const CACHED = 'private, max-age=3600';

export function modelArtifactRoutes(registry: ModelRegistry): Route[] {
  const access = 'authenticated';
  return [
    {
      method: 'get',
      path: `${versionPath}/card`,
      access,
      operation: cardOperation,
      handle: (context) => sendCard(registry, context),
    },
    {
      method: 'get',
      path: `${versionPath}/evaluation`,
      access,
      operation: evaluationOperation,
      handle: (context) => sendEvaluation(registry, context),
    },
    {
      method: 'get',
      path: `${versionPath}/plots/{file}`,
      access,
      operation: plotOperation,
      handle: (context) => sendPlot(registry, context),
    },
  ];
}

async function sendCard(
  registry: ModelRegistry,
  { response, params: { name, version } }: HandlerContext,
): Promise<void> {
  sendMarkdown(response, await readCard(await findVersion(registry, name, version)), CACHED);
}

async function sendEvaluation(
  registry: ModelRegistry,
  { response, params: { name, version } }: HandlerContext,
): Promise<void> {
  const evaluation = orNotFound(await readEvaluation(await findVersion(registry, name, version)));
  response.set('Cache-Control', CACHED).json(evaluation);
}

async function sendPlot(
  registry: ModelRegistry,
  { response, params: { name, version, file } }: HandlerContext,
): Promise<void> {
  sendSvg(response, await readPlot(await findVersion(registry, name, version), file), CACHED);
}

/** @throws Problem 404 without a card */
export function sendMarkdown(response: Response, card: string | undefined, cacheControl: string): void {
  const text = orNotFound(card);
  response.set({ 'Content-Type': 'text/markdown; charset=utf-8', 'Cache-Control': cacheControl }).send(text);
}

/**
 * A browser that opens an SVG directly would run its scripts; the sandbox prevents that.
 * @throws Problem 404 without a plot
 */
export function sendSvg(response: Response, plot: Buffer | undefined, cacheControl: string): void {
  const image = orNotFound(plot);
  response
    .set({
      'Content-Type': 'image/svg+xml',
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'Cache-Control': cacheControl,
    })
    .send(image);
}

/** @throws Problem 404 */
export async function findVersion(registry: ModelRegistry, name: string, version: string) {
  const { model } = await registry.load(`${name}@${version}`).catch((error: unknown) => {
    throw error instanceof UnknownModelError ? notFound(error) : error;
  });
  return model;
}

export function orNotFound<T>(found: T | undefined): T {
  if (found === undefined) throw notFound();
  return found;
}
