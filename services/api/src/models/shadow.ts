import type { ShadowDocument } from '@cytoqueue/records';
import { InvalidShadowError, type ModelRegistry } from '@cytoqueue/registry';
import { z } from 'zod';
import { notFound } from '../http/error-handler';
import { readJson } from '../http/json-body';
import { Problem } from '../http/problem';
import { timestamp } from '../http/response-schemas';
import { jsonResponse, problemResponses } from '../openapi/responses';
import { type HandlerContext, type Operation, type Route, validateInput } from '../http/router';

const tags = ['models'];
const path = '/v1/models/{name}/shadow';
const requestParams = { path: z.object({ name: z.string() }) };

const shadowBody = z.strictObject({ version: z.string().max(64) }).meta({ id: 'ShadowBody' });

export const shadow = z
  .strictObject({
    version: z.string(),
    since: timestamp,
    agreed: z.int().min(0),
    disagreed: z.int().min(0),
  })
  .meta({
    id: 'Shadow',
    description:
      'A version that scores batches beside the champion. agreed, disagreed: rows of batches, of all tenants, that finished since then and were scored by the present champion, which both versions put into the same class or into different ones',
  });

const getOperation: Operation = {
  operationId: 'getModelShadow',
  summary: "A model's shadow version and how often it agrees with the champion; needs a platform key",
  tags,
  requestParams,
  responses: { 200: jsonResponse('The shadow version', shadow), ...problemResponses(401, 403, 404, 409, 503) },
};

const setOperation: Operation = {
  operationId: 'setModelShadow',
  summary:
    'Have a version score batches beside the champion; its answers are counted and not kept; needs a platform key; audited',
  tags,
  requestParams,
  requestBody: { required: true, content: { 'application/json': { schema: shadowBody } } },
  responses: {
    200: jsonResponse('The shadow version; another one starts at 0', shadow),
    ...problemResponses(400, 401, 403, 404, 409, 415, 422, 503),
  },
};

const deleteOperation: Operation = {
  operationId: 'deleteModelShadow',
  summary: 'End the shadow and delete its counts; needs a platform key; audited',
  tags,
  requestParams,
  responses: { 204: { description: 'It has ended' }, ...problemResponses(401, 403, 404, 409, 503) },
};

export function shadowRoutes(registry: ModelRegistry): Route[] {
  const access = 'platform';
  return [
    { method: 'get', path, access, operation: getOperation, handle: (context) => getShadow(registry, context) },
    { method: 'put', path, access, operation: setOperation, handle: (context) => setShadow(registry, context) },
    { method: 'delete', path, access, operation: deleteOperation, handle: (context) => endShadow(registry, context) },
  ];
}

async function getShadow(registry: ModelRegistry, { response, params }: HandlerContext): Promise<void> {
  await assertModel(registry, params.name);
  const found = await registry.shadows.find(params.name);
  if (found === undefined) throw notFound();
  response.json(await toResponse(registry, found));
}

async function setShadow(
  registry: ModelRegistry,
  { request, response, params: { name }, auditEntry }: HandlerContext,
): Promise<void> {
  await assertModel(registry, name);
  const { version } = validateInput(shadowBody, await readJson(request, response), 'field');
  const set = await registry.setShadow(name, version).catch((error: unknown) => {
    throw error instanceof InvalidShadowError ? invalidVersion(error) : error;
  });
  auditEntry.resource = `models/${name}@${version}`;
  await auditEntry.recordDurably();
  response.json(await toResponse(registry, set));
}

async function endShadow(
  registry: ModelRegistry,
  { response, params: { name }, auditEntry }: HandlerContext,
): Promise<void> {
  await assertModel(registry, name);
  const found = await registry.shadows.find(name);
  if (found === undefined || !(await registry.shadows.end(name))) throw notFound();
  auditEntry.resource = `models/${name}@${found.model.version}`;
  await auditEntry.recordDurably();
  response.status(204).end();
}

async function toResponse(
  registry: ModelRegistry,
  { id, model, since }: ShadowDocument,
): Promise<z.output<typeof shadow>> {
  const champion = (await registry.find(model.name))?.champion ?? undefined;
  const counts = champion === undefined ? { agreed: 0, disagreed: 0 } : await registry.shadows.readCounts(id, champion);
  return { version: model.version, since, ...counts };
}

async function assertModel(registry: ModelRegistry, name: string): Promise<void> {
  if ((await registry.find(name)) === undefined) throw notFound();
}

function invalidVersion(error: InvalidShadowError): Problem {
  const { code, message } = error;
  return new Problem('invalid-request', message, {
    errors: [{ field: 'version', code, detail: message }],
    cause: error,
  });
}
