import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ContractClient } from '../support/contract-client';
import { run, score, upload } from '../support/batches';
import { addArtifacts, addOwnModel } from '../support/own-model';
import { rawRequest } from '../support/raw-request';
import { BENIGN_RECORD } from '../support/records';
import { spellingsOf } from '../support/spellings';
import { ROOT, type RunningStack, startStack } from '../support/stack-process';
import { canceledTraining } from '../support/canceled-training';

const REFUSED: readonly number[] = [400, 404];
const FILE = 'id,Clump,UnifSize,UnifShape,MargAdh,SingEpiSize,BareNuc,BlandChrom,NormNucl,Mit\n1,5,1,1,1,2,1,3,1,1\n';
/** The pages of the web app and the docs, and every other path that the OpenAPI document lacks. */
const PAGES = [
  '/',
  '/sign-in',
  '/predictions',
  '/batches',
  '/worklist',
  '/operations',
  '/models',
  '/settings',
  '/audit',
  '/favicon.svg',
  '/docs',
  '/docs/problems',
  '/docs/problems/not-found',
  '/docs/start.js',
  '/docs/swagger-ui.css',
  '/docs/swagger-ui-bundle.js',
  '/docs/favicon-32x32.png',
  '/openapi.json',
];
const BOARD = [
  '/admin/queues',
  '/admin/queues/queue/shards',
  '/admin/queues/api/queues',
  '/admin/queues/static/favicon.ico',
];
/** The board's start page has both paths. */
const EXACT = ['/', '/admin/queues/'];

let stack: RunningStack;
let client: ContractClient;
let routes: string[];
let withoutGet: string[];

beforeAll(async () => {
  stack = await startStack({ CANARY_SECONDS: '0' });
  client = await ContractClient.connect(stack.url, stack.apiKey);
  const prediction = (await score(client, { features: BENIGN_RECORD })).id as string;
  const diagnosis = { prediction_id: prediction, confirmed_class: 'benign' };
  const confirmation = (await client.post('/v1/confirmations', { json: diagnosis })).json.id as string;
  const { id: batch } = await run(client, FILE);
  const values: Record<string, string> = { name: 'wbc-knn', version: '1.0.0', file: 'roc.svg', row: '1' };
  await client.call('put', `/v1/import-profiles/${values['name']}`, { json: {} });
  await client.call('put', '/v1/models/wbc-knn/shadow', { json: { version: '1.0.0' } });
  await addOwnModel(stack.dataDir, 'local');
  await addArtifacts(stack.dataDir, 'local', '1');
  const idsByPath: readonly (readonly [prefix: string, id: string])[] = [
    ['/v1/predictions', prediction],
    ['/v1/confirmations', confirmation],
    ['/v1/trainings', await canceledTraining(client, stack.dataDir)],
    ['', batch],
  ];
  const idIn = (path: string) => idsByPath.find(([prefix]) => path.startsWith(prefix))?.[1] ?? '';
  const valuesOf = (path: string) =>
    path.startsWith('/v1/models/own/') ? { ...values, name: 'relapse-knn', version: '1' } : values;
  const routeOf = (path: string) =>
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => valuesOf(path)[name] ?? idIn(path));
  routes = Object.keys(client.document.paths).map(routeOf);
  // A path without GET can have the form of another route, as `/v1/batches/preflight` has that of a batch.
  withoutGet = Object.entries(client.document.paths).flatMap(([path, item]) => ('get' in item ? [] : [routeOf(path)]));
  const assets = readdirSync(join(ROOT, 'services/web/dist/assets'))
    .filter((name) => /^index-.*\.(js|css)$/.test(name))
    .map((name) => `/assets/${name}`);
  routes.push(...PAGES, ...BOARD, ...assets);
});

afterAll(() => stack?.stop());

const get = (target: string, headers: Record<string, string> = { authorization: `Bearer ${stack.apiKey}` }) =>
  rawRequest(stack.url, { method: 'GET', target, headers });

test('each route answers at its exact path only', async () => {
  expect(routes.length).toBeGreaterThan(40);
  const wrong: string[] = [];
  for (const route of routes.filter((path) => !path.endsWith('/events'))) {
    const mayBeAbsent = withoutGet.includes(route) || /\/(errors|changes|results)$/.test(route);
    if (REFUSED.includes((await get(route)).status) && !mayBeAbsent) wrong.push(`${route} does not answer`);
    for (const target of spellingsOf(route).filter((spelling) => !EXACT.includes(spelling))) {
      const { status } = await get(target);
      // A key's id is any name, so another spelling is another key; it has no GET.
      const isOtherKey = status === 405 && /^\/v1\/api-keys\/[^/]+$/.test(target);
      if (!REFUSED.includes(status) && !isOtherKey) wrong.push(`${target}: ${status}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('without a key, every spelling of a path under /v1 gets 401, and none of /metrics returns metrics', async () => {
  const wrong: string[] = [];
  for (const target of spellingsOf('/v1/batches').filter((spelling) => spelling.startsWith('/v1/'))) {
    const { status } = await get(target, {});
    if (status !== 401) wrong.push(`${target}: ${status}`);
  }
  for (const target of spellingsOf('/metrics')) if ((await get(target, {})).body.includes('# TYPE')) wrong.push(target);
  expect(wrong).toEqual([]);
});

test('a request to another spelling of a path changes nothing', async () => {
  const id = (await client.post('/v1/predictions', { json: { features: BENIGN_RECORD } })).json.id as string;
  const batch = await upload(client, FILE);
  for (const [method, path] of [
    ['POST', `/v1/predictions/${id}/cancel`],
    ['DELETE', `/v1/batches/${batch}`],
    ['POST', '/v1/models/wbc-knn/champion'],
    ['POST', '/v1/session/tokens'],
  ] as const) {
    for (const target of spellingsOf(path)) {
      const { status } = await rawRequest(stack.url, {
        method,
        target,
        headers: { authorization: `Bearer ${stack.apiKey}`, 'content-type': 'application/json' },
        body: '{"version":"1.0.0"}',
      });
      expect([target, REFUSED.includes(status)]).toEqual([target, true]);
    }
  }
});
