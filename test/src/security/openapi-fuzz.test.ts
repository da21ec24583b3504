import type { Role } from '@cytoqueue/runtime';
import fc from 'fast-check';
import { run } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { type FuzzOperation, type FuzzedRequest, fuzzedRequests } from './fuzz-requests';
import { BENIGN_RECORD } from '../support/records';
import { StackFixture } from '../support/stack-fixture';
import { type RunningStack, isRunning, pidsOf, readReady } from '../support/stack-process';
import { Tenants } from '../support/tenants';
import { canceledTraining } from '../support/canceled-training';

/** 10,000 requests take minutes: as many as `npm run test:fuzz` sends. */
jest.setTimeout(1_800_000);

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 600);
const AT_ONCE = 8;
/** Some are deleted on the way. */
const BATCHES = 20;
const FILE = 'id,V1,V2,V3,V4,V5,V6,V7,V8,V9\n7,5,1,1,1,2,1,3,1,1\n8,11,1,1,1,2,1,3,1,1\n';
const ANSWER_WITHIN_MS = 120_000;

let fixture: StackFixture;
let stack: RunningStack;
let client: ContractClient;
let requests: fc.Arbitrary<FuzzedRequest>;

beforeAll(async () => {
  fixture = new StackFixture();
  const tenants = await Tenants.create(fixture.dataDir, ['lab']);
  stack = await fixture.start({ API_KEYS_FILE: tenants.file, LOG_LEVEL: 'warn' });
  client = await ContractClient.connect(stack.url, tenants.key('lab', 'admin'));
  const files = await Promise.all(Array.from({ length: BATCHES }, () => run(client, FILE)));
  const { json } = await client.post('/v1/predictions', {
    json: { features: BENIGN_RECORD },
    headers: { prefer: 'wait=60' },
  });
  const { json: confirmation } = await client.post('/v1/confirmations', {
    json: { prediction_id: json.id, confirmed_class: 'benign' },
  });
  const keys = [...Array<Role>(8).fill('admin'), 'member', 'operator'] as const;
  const identities = [
    ...keys.map((role) => ({ authorization: `Bearer ${tenants.key('lab', role)}` })),
    {} as Record<string, string>,
    { authorization: 'Bearer cq_unknown' },
  ];
  requests = fuzzedRequests(
    operationsOf(client),
    [
      ...files.map(({ id }) => id),
      json.id as string,
      confirmation.id as string,
      await canceledTraining(client, stack.dataDir),
    ],
    identities,
  );
});

afterAll(() => fixture.end());

interface Described {
  parameters?: { in: string; name: string }[];
  requestBody?: { content: Record<string, unknown> };
}

function operationsOf({ document }: ContractClient): FuzzOperation[] {
  return Object.entries(document.paths).flatMap(([template, item]) =>
    (['get', 'post', 'put', 'delete'] as const).flatMap((method) => {
      const operation = item[method] as Described | undefined;
      const query = (operation?.parameters ?? [])
        .filter((parameter) => parameter.in === 'query')
        .map(({ name }) => name);
      const types = Object.keys(operation?.requestBody?.content ?? {});
      return operation === undefined ? [] : [{ method, template, query, types }];
    }),
  );
}

/** Sends the request. @returns how the response violates the document, if it does */
async function faultOf({ method, template, path, headers, body }: FuzzedRequest): Promise<string | undefined> {
  try {
    const response = await fetch(stack.url + path, {
      method: method.toUpperCase(),
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const type = (response.headers.get('content-type') ?? '').split(';')[0] as string;
    const isStream = type === 'text/event-stream';
    if (isStream) await response.body?.cancel();
    const text = isStream ? '' : await response.text();
    if (response.status >= 500) return `${response.status} ${text}`;
    client.check(method, path, {
      template,
      status: response.status,
      type,
      body: type.endsWith('json') ? (JSON.parse(text) as unknown) : undefined,
    });
    return undefined;
  } catch (error) {
    return String(error);
  }
}

test(`${REQUESTS} random requests get responses that match the document, and the service keeps running`, async () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() & 0x7fffffff);
  const queue = fc.sample(requests, { seed, numRuns: REQUESTS });
  const faults: string[] = [];
  const worker = async () => {
    for (let request = queue.pop(); request !== undefined; request = queue.pop()) {
      const fault = await faultOf(request);
      if (fault !== undefined)
        faults.push(`seed ${seed}: ${JSON.stringify(request).slice(0, 600)}\n  → ${fault.slice(0, 600)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(faults.slice(0, 5)).toEqual([]);
  const ready = readReady(fixture.dataDir);
  expect(ready?.pids).toEqual(stack.ready.pids);
  expect(pidsOf(stack.ready).every(isRunning)).toBe(true);
  expect(
    (await client.post('/v1/predictions', { json: { features: BENIGN_RECORD }, headers: { prefer: 'wait=60' } }))
      .status,
  ).toBe(201);
});
