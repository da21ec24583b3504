import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { finish, score } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { BENIGN_RECORD } from '../support/records';
import { type RunningStack, makeDataDir, startStack } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

/** Unique values, one for each place where a lab or a clinician can enter patient data. */
const canary = {
  sample: 'CanarySampleRoe',
  feature: 'canary_feature_doe',
  featureText: 'CanaryFeatureText',
  decimal: '17.123456789',
  id: 'CanaryIdRoe',
  column: 'CanaryColumnDoe',
  extra: 'CanaryExtraCell',
  cell: 'CanaryBadCell',
  quoted: 'Canary "Quoted',
  filename: 'CanaryFileRoe',
  field: 'CanaryFormField',
  query: 'CanaryQueryDoe',
  path: 'CanaryPathRoe',
  key: 'CanaryRepeatKey',
  agent: 'CanaryAgentDoe',
  broken: 'CanaryBrokenJson',
  doubled: 'CanaryDoubledName',
  header: 'CanaryHeaderOnly',
  cookie: 'CanaryCookieRoe',
  model: 'CanaryModelName',
  encoding: 'CanaryEncoding',
  gone: 'CanaryGoneClient',
  note: 'CanaryNoteRoe',
  decision: 'CanaryDecision',
  prefix: 'CanaryPrefixRoe',
};
const HEADER = `id,V1,V2,V3,V4,V5,V6,V7,V8,V9,${canary.column}\n`;
const FILE = `${HEADER}${canary.id},5,1,1,1,2,1,3,1,1,${canary.extra}\nx,${canary.cell},1,1,1,2,1,3,1,1,"${canary.quoted.replace('"', '""')}"\n`;

let dataDir: string;
let stack: RunningStack;
let client: ContractClient;
const refusals: string[] = [];

beforeAll(async () => {
  dataDir = makeDataDir();
  stack = await startStack({ DATA_DIR: dataDir, LOG_LEVEL: 'trace' });
  client = await ContractClient.connect(stack.url, stack.apiKey);
  await sendEverything();
});

afterAll(() => stack?.stop());

/** Collects the bodies of errors, except the 422 that shows the sender's own input. */
async function send(method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer) {
  const response = await fetch(stack.url + path, {
    method,
    headers: { authorization: `Bearer ${stack.apiKey}`, 'user-agent': canary.agent, ...headers },
    body,
  });
  const text = await response.text();
  if (response.status >= 400 && response.status !== 422) refusals.push(`${method} ${response.status} ${text}`);
  return { status: response.status, text };
}

async function sendEverything(): Promise<void> {
  const json = { 'content-type': 'application/json', prefer: 'wait=60', 'idempotency-key': canary.key };
  const predict = (body: object) => send('POST', '/v1/predictions', json, JSON.stringify(body));
  expect((await predict({ features: BENIGN_RECORD, sample_id: canary.sample })).status).toBe(201);
  await predict({ features: { ...BENIGN_RECORD, [canary.feature]: 5 } });
  await predict({ features: { ...BENIGN_RECORD, mitoses: canary.featureText }, sample_id: canary.sample });
  await predict({ features: BENIGN_RECORD, model: canary.model });
  await send('POST', '/v1/predictions', json, `{"features": ${canary.broken}`);
  await send('POST', '/v1/predictions', json, `{"${canary.doubled}": 1, "${canary.doubled}": 2}`);
  await sendFiles();
  await sendAddresses();
}

async function sendFiles(): Promise<void> {
  const csv = { 'content-type': 'text/csv' };
  const form = (disposition: string) =>
    `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${FILE}\r\n--b--\r\n`;
  const multipart = { 'content-type': 'multipart/form-data; boundary=b' };
  const { status, text } = await send(
    'POST',
    '/v1/batches?explain=true',
    multipart,
    form(`name="file"; filename="${canary.filename}.csv"`),
  );
  expect(status).toBe(202);
  const { id } = JSON.parse(text) as { id: string };
  await finish(client, id);
  for (const file of ['results', 'errors', 'changes']) await send('GET', `/v1/batches/${id}/${file}`);
  expect((await send('GET', `/v1/batches/${id}/results`)).text).toContain(canary.extra);
  await sendReviews(id);
  await send('POST', '/v1/batches?dry_run=true', csv, FILE);
  await send('POST', '/v1/batches', multipart, form(`name="${canary.field}"; filename="${canary.filename}.csv"`));
  await send('POST', '/v1/batches', csv, `${canary.header},other\n1,2\n`);
  await send('POST', '/v1/batches', csv, `${HEADER}"${canary.cell}`);
  await send('POST', '/v1/batches', { 'content-type': `text/${canary.field}` }, FILE);
  await send('POST', '/v1/batches', { ...csv, 'content-encoding': canary.encoding }, FILE);
  const wdbc = readFileSync(join(__dirname, '../../../packages/schema/data', wdbcFile()), 'utf8')
    .split('\n')
    .slice(0, 3)
    .join('\n')
    .replace(/(\n[^,]*,[^,]*,)[\d.]+/, `$1${canary.decimal}`);
  const decimal = await send('POST', '/v1/batches?model=wdbc-knn', csv, wdbc);
  expect([decimal.status, decimal.text.slice(0, 300)]).toEqual([202, expect.any(String)]);
  await finish(client, (JSON.parse(decimal.text) as { id: string }).id);
  await goAway(csv);
}

async function sendReviews(batch: string): Promise<void> {
  const json = { 'content-type': 'application/json' };
  const post = (path: string, body: object) => send('POST', path, json, JSON.stringify(body));
  const { id } = await score(client, { features: BENIGN_RECORD });
  for (const reviewed of [`/v1/predictions/${id}`, `/v1/batches/${batch}/rows/1`]) {
    expect((await post(`${reviewed}/reviews`, { decision: 'repeat', note: canary.note })).status).toBe(201);
    await post(`${reviewed}/reviews`, { decision: canary.decision, note: canary.note });
    await post(`${reviewed}/reviews`, { decision: 'repeat', note: 5, [canary.note]: 1 });
    expect((await send('GET', `${reviewed}/reviews`)).text).toContain(canary.note);
  }
  await send('POST', `/v1/predictions/${id}/reviews`, json, `{"note": "${canary.note}`);
  expect((await post(`/v1/batches/${batch}/rows/search`, { id_prefix: canary.id })).text).toContain(canary.id);
  await post(`/v1/batches/${batch}/rows/search`, { id_prefix: canary.prefix, outcome: canary.prefix });
}

const wdbcFile = () =>
  readdirSync(join(__dirname, '../../../packages/schema/data')).find((name) => /diagnostic.*\.csv$/.test(name)) ?? '';

/** A client that disconnects before it receives the error. */
async function goAway(headers: Record<string, string>): Promise<void> {
  const controller = new AbortController();
  const body = new ReadableStream({
    start: (stream) => stream.enqueue(Buffer.from(`${HEADER}"${canary.gone}`)),
  });
  const options = {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.apiKey}`, ...headers },
    body,
    duplex: 'half',
    signal: controller.signal,
  } as RequestInit;
  const going = fetch(`${stack.url}/v1/batches`, options).catch(() => undefined);
  // A request that was sent later has its response.
  await client.get('/v1/models');
  controller.abort();
  await going;
  await waitUntil('its disconnect is logged', () => logs().includes('client went away'));
}

async function sendAddresses(): Promise<void> {
  await send('GET', `/v1/predictions/${canary.path}`);
  await send('GET', `/v1/batches/${canary.path}/results?name=${canary.query}`);
  await send('GET', `/v1/batches?status=${canary.query}`);
  await send('GET', `/v1/models/${canary.path}`);
  await send('GET', `/${canary.path}?${canary.query}`);
  await send('PUT', `/v1/batches/${canary.path}`);
  await send('GET', '/v1/predictions', { authorization: `Bearer ${canary.key}` });
  await send('GET', '/v1/predictions', { authorization: '', cookie: `cytoqueue_session=${canary.cookie}` });
  await send('GET', '/v1/batches', { range: canary.query, 'last-event-id': canary.query });
}

const logs = () =>
  readdirSync(join(dataDir, 'logs'))
    .map((name) => readFileSync(join(dataDir, 'logs', name), 'utf8'))
    .join('');

function found(text: string): string[] {
  return Object.values(canary).filter(
    (value) => text.includes(value) || text.includes(Buffer.from(value).toString('base64').slice(0, -4)),
  );
}

test('the values are in the results, so the searches below would find them', () => {
  const stored = readdirSync(join(dataDir, 'objects'), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const text = stored.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('');
  expect(found(text)).toEqual(
    expect.arrayContaining([
      canary.sample,
      canary.id,
      canary.extra,
      canary.cell,
      canary.filename,
      canary.column,
      canary.decimal,
      canary.note,
    ]),
  );
});

test('no log line at any level holds patient data, or a key', async () => {
  await waitUntil('the workers have spoken', () => /"service":"worker"/.test(logs()) && /"level":(10|20)/.test(logs()));
  expect(found(logs())).toEqual([]);
  expect(logs()).not.toContain(stack.apiKey);
});

test('Redis holds none in memory, AOF or RDB', async () => {
  const redis = new Redis(stack.ready.redis_url);
  await redis.config('SET', 'rdbcompression', 'no');
  const savedAt = await redis.lastsave();
  await redis.call('BGREWRITEAOF').catch(() => undefined);
  await waitUntil('the AOF is rewritten', async () =>
    /aof_rewrite_in_progress:0/.test(await redis.info('persistence')),
  );
  await redis.bgsave();
  await waitUntil(
    'the RDB is written',
    async () =>
      (await redis.lastsave()) !== savedAt || /rdb_bgsave_in_progress:0/.test(await redis.info('persistence')),
  );
  await redis.quit();
  const files = readdirSync(join(dataDir, 'redis'), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(files.map(({ name }) => name)).toEqual(
    expect.arrayContaining([expect.stringMatching(/\.rdb$/), expect.stringMatching(/\.aof$/)]),
  );
  const text = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('');
  expect(text).toContain('cytoqueue:');
  expect(found(text)).toEqual([]);
  expect(text).not.toContain(stack.apiKey);
});

test('metrics, queue status and audit log hold none', async () => {
  const paths = ['/metrics', '/v1/queue', '/v1/audit?limit=100', '/health/ready'];
  const texts = await Promise.all(
    paths.map(async (path) =>
      (await fetch(stack.url + path, { headers: { authorization: `Bearer ${stack.apiKey}` } })).text(),
    ),
  );
  const stored = readdirSync(join(dataDir, 'objects/audit'), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(stored.length).toBeGreaterThan(0);
  const text = [...texts, ...stored.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))].join(
    '',
  );
  expect(text).toContain('prediction.create');
  expect(found(text)).toEqual([]);
});

test("no error repeats input, except the sender's own 422", () => {
  expect(refusals.length).toBeGreaterThan(8);
  expect(refusals.filter((text) => found(text).length > 0)).toEqual([]);
});
