import { readFileSync } from 'node:fs';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RunningApi } from '../../test/running-api';
import { problems } from '../http/problem';
import { problemHelp } from '../http/problem-help';
import { requestExamples } from './request-examples';
import { COMMITTED_DOCUMENT, formatDocument } from './write-document';

interface Described {
  description?: string;
  $ref?: string;
}
interface Operation {
  operationId: string;
  description: string;
  parameters?: (Described & { name: string })[];
  'x-required-roles': string[];
  responses: Record<string, Described>;
}
interface Schema extends Described {
  properties?: Record<string, Schema>;
}

const document = JSON.parse(readFileSync(COMMITTED_DOCUMENT, 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
  tags: { name: string }[];
  components: { schemas: Record<string, Schema> };
};
const operations = Object.values(document.paths).flatMap((item) => Object.values(item));

test('the committed document is the one of the code (npm run openapi)', () => {
  expect(readFileSync(COMMITTED_DOCUMENT, 'utf8')).toBe(formatDocument());
});

test.each(operations.map((operation) => [operation.operationId, operation] as const))(
  '%s has a description, its roles and described parameters',
  (_, { description, parameters = [], ...operation }) => {
    expect(description).toMatch(/.{20,}\n\n(Required|Needs no API key)/s);
    expect(operation['x-required-roles']).toBeInstanceOf(Array);
    expect(parameters.filter((parameter) => !parameter.description)).toEqual([]);
  },
);

test('every property has a description', () => {
  const undescribed: string[] = [];
  const visit = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, property] of Object.entries((value as Schema).properties ?? {}))
      if (!property.description && !property.$ref) undescribed.push(`${place}.${name}`);
    for (const [name, each] of Object.entries(value)) if (name !== 'example') visit(each, `${place}/${name}`);
  };
  visit(document.components.schemas, '');
  expect(undescribed).toEqual([]);
});

describe('a running service', () => {
  let redis: RedisProcess;
  let api: RunningApi;

  beforeAll(async () => {
    redis = await RedisProcess.start();
    api = await RunningApi.start(redis.url);
  });

  afterAll(async () => {
    await api?.stop();
    await redis?.down();
  });

  /** Examples of other operations name a resource, a key or a model that has to exist first. */
  const selfContained = [
    'createPrediction',
    'createBatch',
    'preflightBatch',
    'putImportProfile',
    'createKey',
    'replaceSettings',
  ];
  const cases = selfContained.flatMap((id) =>
    Object.entries(requestExamples[id] ?? {}).map(([type, body]) => [id, type, body] as const),
  );

  test.each(cases)('accepts the example of %s in %s as it stands', async (id, type, body) => {
    const [path, item] = Object.entries(document.paths).find(([, each]) =>
      Object.values(each).some(({ operationId }) => operationId === id),
    ) as [string, Record<string, Operation>];
    const method = Object.keys(item).find((each) => item[each]?.operationId === id) as string;
    const response = await api.fetch(path.replace('{name}', 'our-lab'), {
      method: method.toUpperCase(),
      role: 'admin',
      headers: { 'content-type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    expect({ status: response.status, body: response.ok || (await response.text()) }).toMatchObject({ body: true });
  });

  test('a problem links to a page with its cause and remedy', async () => {
    const response = await api.fetch('/v1/batches/batch_1');
    const link = /^<(.*)>; rel="help"$/.exec(response.headers.get('link') ?? '')?.[1] as string;
    expect(link).toBe('/docs/problems/not-found');
    const page = await api.fetch(link);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await page.text()).toContain('Ids of other tenants are not found either.');
  });

  test.each(Object.keys(problems))('the problem %s has a page', async (name) => {
    expect((await api.fetch(`/docs/problems/${name}`)).status).toBe(200);
    expect(Object.values(problemHelp[name as keyof typeof problems]).every((text) => text.length > 10)).toBe(true);
  });
});
