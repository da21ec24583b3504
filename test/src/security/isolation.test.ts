import { createId } from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { openStore } from '@cytoqueue/storage';
import { finish, run, upload } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { BENIGN_RECORD } from '../support/records';
import { StackFixture } from '../support/stack-fixture';
import type { RunningStack } from '../support/stack-process';
import { Tenants } from '../support/tenants';
import { thyroidModel } from '../support/third-schema';
import { canceledTraining } from '../support/canceled-training';
import { waitUntil } from '../support/wait-until';

const SECRETS = ['Roe-Jane', 'Doe.John', 'canary-sample', 'canary-key'];
const FILE = `id,Clump,UnifSize,UnifShape,MargAdh,SingEpiSize,BareNuc,BlandChrom,NormNucl,Mit\n${SECRETS[0]},5,1,1,1,2,1,3,1,1\n${SECRETS[1]},11,1,1,1,2,1,3,1,1\n`;

interface Attempt {
  name: string;
  query?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Requests of another tenant with this tenant's id: with no, a valid and an invalid body. */
const ATTEMPTS: Attempt[] = [
  { name: 'nothing else' },
  { name: 'a query that is not valid', query: '?model=nothing&partial=perhaps&x=1' },
  { name: 'a query that may be', query: '?partial=true' },
  { name: 'the key of the owner for repeating', headers: { 'idempotency-key': 'canary-key' } },
  { name: 'a key for repeating that cannot be one', headers: { 'idempotency-key': 'ä ö'.replace(/[^ ]/g, 'x') } },
  { name: 'a body that is no JSON', headers: { 'content-type': 'application/json' }, body: '{"' },
  {
    name: 'a range and conditions',
    headers: { range: 'bytes=0-10', 'if-none-match': '*', 'last-event-id': 'succeeded-1' },
  },
  {
    name: 'another method and tenant asked for',
    headers: {
      'x-http-method-override': 'GET',
      'x-tenant': 'lab-a',
      'x-forwarded-host': 'lab-a',
      'x-original-url': '/v1/predictions',
    },
  },
];

let fixture: StackFixture;
let stack: RunningStack;
let tenants: Tenants;
let owner: ContractClient;
let ownerAdmin: ContractClient;
let ids: string[];
let paths: { method: string; path: string; operationId: string }[];

beforeAll(async () => {
  fixture = new StackFixture();
  tenants = await Tenants.create(fixture.dataDir, ['lab-a', 'lab-b']);
  stack = await fixture.start({ API_KEYS_FILE: tenants.file });
  owner = await ContractClient.connect(stack.url, tenants.key('lab-a'));
  const options = {
    json: { features: BENIGN_RECORD, sample_id: SECRETS[2] },
    headers: { prefer: 'wait=60', 'idempotency-key': 'canary-key' },
  };
  const prediction = (await owner.post('/v1/predictions', options)).json.id as string;
  const { id: batch } = await run(owner, FILE);
  const { json: rescored } = await owner.post(`/v1/batches/${batch}/rescore?operating_point=sensitivity99`);
  await finish(owner, rescored.id as string);
  const confirmed = { confirmed_class: 'benign', confirmed_at: '2026-11-02' };
  const { json: confirmation } = await owner.post('/v1/confirmations', {
    json: { batch_id: batch, sample_id: SECRETS[0], ...confirmed },
  });
  ownerAdmin = await ContractClient.connect(stack.url, tenants.key('lab-a', 'admin'));
  const training = await canceledTraining(ownerAdmin, stack.dataDir);
  ids = [prediction, batch, rescored.id as string, confirmation.id as string, training];
  const methods = (path: string) => Object.entries(owner.document.paths[path] ?? {});
  paths = Object.keys(owner.document.paths).flatMap((path) =>
    methods(path).map(([method, { operationId }]) => ({ method, path, operationId })),
  );
});

afterAll(() => fixture.end());

async function send(method: string, path: string, headers: Record<string, string>, body?: string) {
  const response = await fetch(stack.url + path, {
    method,
    headers,
    body: ['get', 'head'].includes(method) ? undefined : body,
  });
  const text = await response.text();
  const compared = [...response.headers].filter(([name]) => !VARYING_HEADERS.includes(name));
  const shown =
    text.replace(/"request_id":"[^"]*"/, '') +
    compared
      .map(([name, value]) => `${name}: ${name === 'sunset' ? 'a time' : value}`)
      .sort()
      .join('\n');
  return { status: response.status, text, shown, headers: [...response.headers].join('\n') };
}

/** Headers that differ between any two responses. `Sunset` follows from the time in the id. */
const VARYING_HEADERS: readonly string[] = ['date', 'x-request-id', 'ratelimit', 'content-length'];

async function sessionOf(key: string): Promise<Record<string, string>> {
  const response = await fetch(`${stack.url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ api_key: key }),
  });
  return {
    cookie: (response.headers.get('set-cookie') ?? '').split(';')[0] as string,
    'sec-fetch-site': 'same-origin',
  };
}

/** Other roles are refused before anything is looked up. */
const ADMIN_ONLY: readonly string[] = [
  'deleteConfirmation',
  'getTraining',
  'streamTraining',
  'cancelTraining',
  'deleteTraining',
];

const COLLECTIONS = {
  pred_: 'predictions',
  conf_: 'confirmations',
  batch_: 'batches',
  training_: 'trainings',
} as const;
const prefixOf = (id: string) => `${id.split('_')[0]}_` as keyof typeof COLLECTIONS;
const collectionOf = (id: string) => `/v1/${COLLECTIONS[prefixOf(id)]}`;

const snapshot = async () =>
  JSON.stringify(await Promise.all(ids.map(async (id) => (await ownerAdmin.get(`${collectionOf(id)}/${id}`)).json)));

/** Keys have ids of another kind, and members see none: routes/api-keys.test.ts and the test below look at them. */
const withId = () => paths.filter(({ path }) => path.includes('{id}') && !path.startsWith('/v1/api-keys'));
const isTheirs = (path: string, id: string) => path.startsWith(collectionOf(id));

test('the OpenAPI document has routes to test', () => expect(withId().length).toBeGreaterThanOrEqual(12));

test('no list, page or metric reveals another tenant’s resources', async () => {
  const identity = { authorization: `Bearer ${tenants.key('lab-b', 'admin')}` };
  const leaks: string[] = [];
  for (const { path } of paths.filter(({ method, path: at }) => method === 'get' && !at.includes('{'))) {
    const { text } = await send('get', path, identity);
    if ([...SECRETS, ...ids, 'lab-a'].some((secret) => text.includes(secret))) leaks.push(path);
  }
  expect(leaks).toEqual([]);
});

test.each(['member', 'admin', 'session'] as const)(
  "every route says to another tenant's %s what it says of an id that does not exist",
  async (who) => {
    const before = await snapshot();
    const key = tenants.key('lab-b', who === 'admin' ? 'admin' : 'member');
    const identity: Record<string, string> =
      who === 'session' ? await sessionOf(key) : { authorization: `Bearer ${key}` };
    const wrong: string[] = [];
    for (const [route, { method, path, operationId }] of withId().entries()) {
      for (const [place, id] of ids.entries()) {
        const noSuch = createId(prefixOf(id));
        // An id of another kind is refused by its prefix, and a session has the rights of its key: both take one attempt on
        // each route, and over the routes all.
        const takesAll = isTheirs(path, id) && who !== 'session';
        const attempts = takesAll ? ATTEMPTS : [ATTEMPTS[(route + place) % ATTEMPTS.length] as Attempt];
        for (const { name, query = '', headers = {}, body } of attempts) {
          for (const verb of method === 'get' ? ['get', 'head'] : [method]) {
            const theirs = await send(verb, path.replace('{id}', id) + query, { ...headers, ...identity }, body);
            const none = await send(verb, path.replace('{id}', noSuch) + query, { ...headers, ...identity }, body);
            const request = `${verb} ${path} ${id.slice(0, 5)} with ${name}`;
            const expected = who !== 'admin' && ADMIN_ONLY.includes(operationId) ? 403 : 404;
            if (theirs.status !== expected) wrong.push(`${request}: ${theirs.status}`);
            if (theirs.shown !== none.shown) wrong.push(`${request}: differs from one that does not exist`);
            if ([...SECRETS, ...ids].some((secret) => (theirs.text + theirs.headers).includes(secret)))
              wrong.push(`${request}: says something of the owner's`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(await snapshot()).toBe(before);
  },
);

test("another tenant's API keys can neither be listed nor deleted, and a created key belongs to the caller's tenant", async () => {
  const [ours, theirs] = ['lab-a', 'lab-b'].map((tenant) => ({
    authorization: `Bearer ${tenants.key(tenant, 'admin')}`,
    'content-type': 'application/json',
  }));
  const { id, key } = JSON.parse((await send('post', '/v1/api-keys', ours!, '{"role": "member"}')).text) as {
    id: string;
    key: string;
  };
  const [denied, none] = [
    await send('delete', `/v1/api-keys/${id}`, theirs!),
    await send('delete', `/v1/api-keys/${createId('key_')}`, theirs!),
  ];
  expect([denied.status, denied.shown]).toEqual([404, none.shown]);
  expect((await send('get', '/v1/api-keys', theirs!)).text).not.toContain(id);
  const own = await send('post', '/v1/api-keys', theirs!, JSON.stringify({ role: 'member', id }));
  expect(own.status).toBe(201);
  const tenantOf = async (apiKey: string) =>
    (JSON.parse((await send('get', '/v1/session', { authorization: `Bearer ${apiKey}` })).text) as { tenant: string })
      .tenant;
  expect([await tenantOf(key), await tenantOf((JSON.parse(own.text) as { key: string }).key)]).toEqual([
    'lab-a',
    'lab-b',
  ]);
  expect((await send('delete', `/v1/api-keys/${id}`, theirs!)).status).toBe(204);
  expect(await tenantOf(key)).toBe('lab-a');
});

test("another tenant's own model is like one that does not exist, on every route and as the model of a record", async () => {
  const own = new ModelRegistry(openStore(`file://${stack.dataDir}/objects`)).ofTenant('lab-a');
  await own.add(Buffer.from(thyroidModel('canary-model')));
  const routes = paths.filter(({ path }) => path.startsWith('/v1/models/own/'));
  expect(routes.length).toBeGreaterThanOrEqual(4);
  const wrong: string[] = [];
  for (const role of ['member', 'admin'] as const) {
    const identity = { authorization: `Bearer ${tenants.key('lab-b', role)}`, 'content-type': 'application/json' };
    const ask = (method: string, path: string, name: string) =>
      send(
        method,
        path.replace('{name}', name).replace('{version}', '1').replace('{file}', 'roc.svg'),
        identity,
        '{"version": "1"}',
      );
    for (const { method, path } of routes) {
      const [theirs, none] = [await ask(method, path, 'canary-model'), await ask(method, path, 'no-model')];
      const expected = role === 'member' && method !== 'get' ? 403 : 404;
      if (theirs.status !== expected || theirs.shown !== none.shown) wrong.push(`${role} ${method} ${path}`);
    }
    const score = async (name: string) => {
      const body = JSON.stringify({ model: `own/${name}@1`, features: BENIGN_RECORD });
      return (await send('post', '/v1/predictions', identity, body)).shown.replaceAll(name, '');
    };
    if ((await score('canary-model')) !== (await score('no-model'))) wrong.push(`${role} a record`);
    if ((await send('get', '/v1/models', identity)).text.includes('canary-model')) wrong.push(`${role} the list`);
  }
  expect(wrong).toEqual([]);
  expect((await own.find('canary-model'))?.champion).toBeNull();
});

test('no other spelling of the address reaches it', async () => {
  const [, batch] = ids as [string, string];
  const identity = { authorization: `Bearer ${tenants.key('lab-b', 'admin')}` };
  const detours = [
    `/v1/batches/..%2f..%2flab-a%2fbatches%2f${batch}`,
    `/v1/batches/..%5c..%5clab-a%5cbatches%5c${batch}`,
    `/v1/batches/%2e%2e%2f%2e%2e%2flab-a%2fbatches%2f${batch}/results`,
    `/v1/batches/lab-a%2f${batch}`,
    `/v1/batches//${batch}`,
    `/v1//batches/${batch}`,
    `/V1/BATCHES/${batch}`,
    `/v1/batches/${batch}%00`,
    `/v1/batches/${batch}%0a`,
    `/v1/batches/${batch}.`,
    `/v1/batches/${batch}/`,
    `/v1/batches/${batch}/results/..`,
    `/v1/batches/${batch}/shards/0`,
    `/v1/batches/${batch}/input.csv`,
    `/v1/batches/${batch}%2finput.csv`,
    `/objects/tenants/lab-a/batches/${batch}/input.csv`,
    `/docs/..%2f..%2f..%2f..%2fetc%2fpasswd`,
    `/docs/%2e%2e/%2e%2e/package.json`,
    `/v1/batches/%ff`,
    `/v1/batches/%`,
    `/v1/audit?tenant=lab-a`,
    `/v1/batches?tenant=lab-a`,
    `/v1/batches?after=${batch}`,
    `/v1/predictions?after=${ids[0]}`,
  ];
  const leaks: string[] = [];
  for (const detour of detours) {
    const { status, text } = await send('get', detour, identity);
    if (
      status >= 500 ||
      SECRETS.some((secret) => text.includes(secret)) ||
      (status === 200 && !detour.includes('?after='))
    )
      leaks.push(`${detour}: ${status} ${text}`);
  }
  expect(leaks).toEqual([]);
});

test('the same idempotency key of another tenant is independent', async () => {
  const stranger = await ContractClient.connect(stack.url, tenants.key('lab-b'));
  const { status, json } = await stranger.post('/v1/predictions', {
    json: { features: { ...BENIGN_RECORD, mitoses: 2 } },
    headers: { 'idempotency-key': 'canary-key' },
  });
  expect(status).toBe(202);
  expect(ids).not.toContain(json.id);
});

test('every denial is in the audit log of the caller’s tenant, with key and operation', async () => {
  for (const role of ['member', 'admin'] as const) {
    const identity = { authorization: `Bearer ${tenants.key('lab-b', role)}` };
    for (const { method, path } of withId())
      for (const id of ids.filter((own) => isTheirs(path, own))) await send(method, path.replace('{id}', id), identity);
  }
  // A change is answered once every event before it is stored; a denial may be stored a second later.
  const change = await send(
    'put',
    '/v1/settings',
    { authorization: `Bearer ${tenants.key('lab-b', 'admin')}`, 'content-type': 'application/json' },
    '{"default_model": null, "operating_point": "default"}',
  );
  expect(change.status).toBe(200);
  const denied = new Set<string>();
  for (let after = ''; ;) {
    const { text } = await send('get', `/v1/audit?limit=100${after}`, {
      authorization: `Bearer ${tenants.key('lab-b', 'admin')}`,
    });
    const { data, has_more, last_id } = JSON.parse(text) as {
      data: { actor: object; resource: string; action: string; outcome: string }[];
      has_more: boolean;
      last_id: string;
    };
    for (const { actor, action, resource, outcome } of data)
      if (outcome === 'denied') denied.add(`${JSON.stringify(actor)} ${action.split('.')[1]} ${resource}`);
    if (!has_more) break;
    after = `&after=${last_id}`;
  }
  const missing = withId()
    .flatMap(({ path, operationId }) =>
      ids
        .filter((id) => isTheirs(path, id))
        .flatMap((id) =>
          ['member', 'admin'].map((role) => {
            const [verb, , ...rest] = operationId.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
            return `{"tenant":"lab-b","key_id":"${role}"} ${[verb, ...rest].join('-')} ${path.split('/')[2]}/${id}`;
          }),
        ),
    )
    .filter((line) => !denied.has(line));
  expect(missing).toEqual([]);
  expect([...denied].filter((line) => SECRETS.some((secret) => line.includes(secret)))).toEqual([]);
});

test('an operator reads no patient data, a member no audit log, and neither changes models', async () => {
  const statuses = async (role: 'member' | 'operator', wanted: (path: string) => boolean) => {
    const answers = paths
      .filter(({ path }) => wanted(path))
      .map(({ method, path }) =>
        send(method, path.replace('{id}', ids[1] as string).replace('{name}', 'wbc-knn'), {
          authorization: `Bearer ${tenants.key('lab-a', role)}`,
        }),
      );
    return [...new Set((await Promise.all(answers)).map(({ status }) => status))];
  };
  expect(
    await statuses('operator', (path) =>
      /^\/v1\/(predictions|batches|worklist|confirmations|performance|drift|trainings)/.test(path),
    ),
  ).toEqual([403]);
  expect(
    await statuses('member', (path) =>
      /^\/v1\/(audit|api-keys|settings|trainings|models\/\{name\}\/(?:champion|shadow))/.test(path),
    ),
  ).toEqual([403]);
});

test('without a key every path under /v1 returns 401, unknown ones too', async () => {
  const answers = await Promise.all(
    [
      ...paths.filter(({ path }) => path.startsWith('/v1/') && !path.startsWith('/v1/session')),
      { method: 'put', path: '/v1/batches' },
      { method: 'get', path: '/v1/nothing' },
    ].map(async ({ method, path }) => {
      const identity: Record<string, string> = path.includes('batches')
        ? {}
        : { authorization: `Bearer cq_${'x'.repeat(43)}` };
      return (await send(method, path.replace(/\{\w+\}/, ids[1] as string), identity)).status;
    }),
  );
  expect([...new Set(answers)]).toEqual([401]);
});

test('revoking a key ends its sessions and no others', async () => {
  const id = await upload(owner, FILE);
  await finish(owner, id);
  const session = await sessionOf(tenants.key('lab-a', 'admin'));
  expect((await send('get', '/v1/session', session)).status).toBe(200);
  await tenants.revoke('lab-a', 'admin');
  await waitUntil(
    'the key is in force no more',
    async () =>
      (await send('get', '/v1/models', { authorization: `Bearer ${tenants.key('lab-a', 'admin')}` })).status === 401,
  );
  expect((await send('get', '/v1/session', session)).status).toBe(401);
  expect((await owner.get(`/v1/batches/${id}`)).status).toBe(200);
});
