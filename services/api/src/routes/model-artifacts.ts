import { type Registry, UnknownModelError, readCard, readEvaluation, readPlot } from '@cytoqueue/registry';
import { z } from 'zod';
import { answer, modelEvaluation, rawAnswer, refusals } from '../http/documents';
import { notFound } from '../http/errors';
import type { Call, Operation, Route } from '../http/route';

const tags = ['models'];
const one = '/v1/models/{name}/versions/{version}';
const place = { name: z.string(), version: z.string() };
const refused = refusals(401, 403, 404, 503);

const cardOperation: Operation = {
  operationId: 'getModelCard',
  summary: 'The model card of a shipped version',
  tags,
  requestParams: { path: z.object(place) },
  responses: { 200: rawAnswer('The card', 'text/markdown'), ...refused },
};

const evaluationOperation: Operation = {
  operationId: 'getModelEvaluation',
  summary: 'How a shipped version did in its cross-validation, with intervals',
  tags,
  requestParams: { path: z.object(place) },
  responses: { 200: answer('The figures', modelEvaluation), ...refused },
};

const plotOperation: Operation = {
  operationId: 'getModelPlot',
  summary: 'A plot of the card',
  tags,
  requestParams: { path: z.object({ ...place, file: z.string() }) },
  responses: { 200: rawAnswer('The plot', 'image/svg+xml'), ...refused },
};

/** A version never changes, nor does what was written of it. */
const CACHED = 'private, max-age=3600';

export function modelArtifactRoutes(registry: Registry): Route[] {
  const access = 'any';
  return [
    { method: 'get', path: `${one}/card`, access, operation: cardOperation, handle: (call) => sendCard(registry, call) },
    { method: 'get', path: `${one}/evaluation`, access, operation: evaluationOperation, handle: (call) => sendEvaluation(registry, call) },
    { method: 'get', path: `${one}/plots/{file}`, access, operation: plotOperation, handle: (call) => sendPlot(registry, call) },
  ];
}

async function sendCard(registry: Registry, { response, params: { name, version } }: Call): Promise<void> {
  const card = orNotFound(await readCard(await findVersion(registry, name, version)));
  response.set({ 'Content-Type': 'text/markdown; charset=utf-8', 'Cache-Control': CACHED }).send(card);
}

async function sendEvaluation(registry: Registry, { response, params: { name, version } }: Call): Promise<void> {
  const evaluation = orNotFound(await readEvaluation(await findVersion(registry, name, version)));
  response.set('Cache-Control', CACHED).json(evaluation);
}

/** Opened by itself, a picture is a document that could run script: here it may not do anything. */
async function sendPlot(registry: Registry, { response, params: { name, version, file } }: Call): Promise<void> {
  const plot = orNotFound(await readPlot(await findVersion(registry, name, version), file));
  response.set({ 'Content-Type': 'image/svg+xml', 'Content-Security-Policy': "default-src 'none'; sandbox", 'Cache-Control': CACHED }).send(plot);
}

/** @throws Problem 404 */
export async function findVersion(registry: Registry, name: string, version: string) {
  const pin = await registry.resolve(`${name}@${version}`).catch((error: unknown) => {
    throw error instanceof UnknownModelError ? notFound(error) : error;
  });
  return (await registry.pinned(pin)).model;
}

function orNotFound<T>(found: T | undefined): T {
  if (found === undefined) throw notFound();
  return found;
}
