import { QueueUnavailableError } from '@cytoqueue/queue';
import {
  type IdempotencyDocument,
  type ManifestDocument,
  ObjectKeys,
  batchDocumentShape,
  createId,
  readDocument,
  unsealDocument,
  sealDocument,
} from '@cytoqueue/records';
import { StoreFullError, StoreUnavailableError } from '@cytoqueue/storage';
import type { TenantLimits } from '@cytoqueue/runtime';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { failing } from '../../test/failing';
import { HEADER, RECORD, ROW, RunningApi } from '../../test/running-api';

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
});

beforeEach(async () => {
  api = await RunningApi.start(redis.url);
  await api.commands.flushall();
});

afterEach(() => api.stop());
afterAll(() => redis?.down());

type Answer = { status: number; json: Record<string, unknown> & { id: string; type?: string } };

async function call(
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const response = await api.fetch(path, init);
  const text = await response.text();
  return { status: response.status, json: text === '' ? {} : JSON.parse(text) };
}

const upload = (key?: string, rows = 1, query = '') =>
  call(`/v1/batches${query}`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv', ...(key === undefined ? {} : { 'idempotency-key': key }) },
    body: HEADER + ROW.repeat(rows),
  });
const predict = (headers: Record<string, string> = {}) =>
  call('/v1/predictions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ features: RECORD }),
  });
const setLimits = (limits: TenantLimits) => api.assignKeys({ tenant: 'lab', limits });

const MANIFEST: ManifestDocument = {
  run: 1,
  status: 'succeeded',
  counts: { total: 1, pending: 0, succeeded: 1, rejected: 0, failed: 0 },
  summary: { benign: 1, malignant: 0, indeterminate: 0, missing_features: 0 },
  failed_shards: [],
};

async function finish(id: string): Promise<void> {
  await api.store.putOnce(ObjectKeys.runManifest(api.tenant, id, 1), Buffer.from(JSON.stringify(MANIFEST)));
  await api.store.delete(ObjectKeys.pending(api.tenant, id));
}

const away = new StoreUnavailableError('away');
const timedOut = new QueueUnavailableError('timed out');

describe('after the commit point', () => {
  test.each([
    ['that had no effect', false],
    ['that had its effect', true],
  ])('an enqueue that times out, one %s, gets a 202, and the jobs are enqueued once', async (_, effect) => {
    failing(api.producer, 'enqueueBatch', 1, timedOut, undefined, effect);
    const { status, json } = await upload();
    expect([status, json['status']]).toEqual([202, 'queued']);
    await waitUntil('it is enqueued', async () => (await api.producer.runState(json.id, 1)) === 'queued');
    expect(await api.producer.waitingJobs()).toBe(1);
    expect((await call(`/v1/batches/${json.id}`)).json['status']).toBe('queued');
  });

  test('a store failure while the response is composed does not turn it into an error', async () => {
    failing(api.store, 'list', 1, away, ((options: { prefix: string }) => options.prefix.endsWith('/runs/')) as never);
    const { status, json } = await upload();
    expect([status, json['status'], json['counts']]).toEqual([
      202,
      'queued',
      { total: 1, pending: 1, succeeded: 0, rejected: 0, failed: 0 },
    ]);
    expect((await call(`/v1/batches/${json.id}`)).status).toBe(200);
  });

  test('a record whose job cannot be enqueued is accepted, and enqueued later', async () => {
    failing(api.producer, 'enqueuePrediction', 1, timedOut);
    const { status, json } = await predict();
    expect(status).toBe(202);
    await waitUntil('it is enqueued', async () => (await api.producer.singleRecords.state(json.id)) === 'queued');
  });

  test('a store failure while a client waits for its record gives 202', async () => {
    failing(api.store, 'getWithTime', 1, away, ((key: string) => key.endsWith('/result.json')) as never);
    expect((await predict({ prefer: 'wait=1' })).status).toBe(202);
  });

  test('a record is canceled even if its marker cannot be deleted', async () => {
    const { id } = (await predict()).json;
    failing(api.store, 'delete', 1, away);
    const canceled = await call(`/v1/predictions/${id}/cancel`, { method: 'POST' });
    expect([canceled.status, canceled.json['status']]).toEqual([200, 'canceled']);
  });

  test('a batch whose cancel request is durable is `canceling` even if its state cannot be read', async () => {
    const { id } = (await upload()).json;
    let reads = 0;
    failing(
      api.store,
      'list',
      1,
      away,
      ((options: { prefix: string }) => options.prefix.endsWith('/runs/') && ++reads > 2) as never,
    );
    const canceled = await call(`/v1/batches/${id}/cancel`, { method: 'POST' });
    expect([canceled.status, canceled.json['status'], reads]).toEqual([202, 'canceling', 3]);
  });
});

describe('before the commit point', () => {
  test('a refused upload leaves nothing, even if its rollback fails several times', async () => {
    failing(api.store, 'put', 1, away, ((key: string) => key.endsWith('/batch.json')) as never);
    const rollbacks = failing(api.store, 'deletePrefix', 2, away);
    expect((await upload()).status).toBe(503);
    await waitUntil('nothing is left', async () => (await api.files()).length === 0);
    expect(rollbacks()).toBe(2);
    await waitUntil(
      'nothing of it is counted',
      async () => (await api.commands.hget('cytoqueue:stored-inputs:lab', 'total')) === '0',
    );
  });

  test.each([
    ['that was not written', false],
    ['that was written', true],
  ])('when the write of the marker has an unknown outcome, one %s, batch and marker are removed', async (_, effect) => {
    failing(api.store, 'put', 1, away, ((key: string) => key.startsWith('pending/')) as never, effect);
    expect((await upload()).status).toBe(503);
    await waitUntil('nothing is left', async () => (await api.files()).length === 0);
  });

  test('when the write of the marker has an unknown outcome and the request has a key, the batch stays and repeating the key completes it', async () => {
    failing(api.store, 'put', 1, away, ((key: string) => key.startsWith('pending/')) as never);
    expect((await upload('k')).status).toBe(503);
    const again = await upload('k');
    expect(again.status).toBe(202);
    await waitUntil('it is enqueued', async () => (await api.producer.runState(again.json.id, 1)) === 'queued');
    expect((await upload('k')).json.id).toBe(again.json.id);
    expect((await api.files()).filter((file) => file.endsWith('input.csv'))).toHaveLength(1);
  });

  test.each([
    ['that was not written', false],
    ['that was written', true],
  ])(
    'when the claim of the key has an unknown outcome, one %s, the batch stays and repeating the key accepts one',
    async (_, effect) => {
      failing(api.store, 'putOnce', 1, away, ((key: string) => key.includes('/idempotency/')) as never, effect);
      expect((await upload('k')).status).toBe(503);
      const stored = (await api.files()).filter((file) => file.endsWith('batch.json'));
      expect(stored).toHaveLength(1);
      const again = await upload('k');
      expect(again.status).toBe(202);
      expect(stored[0]!.includes(again.json.id)).toBe(effect);
      await waitUntil('it is enqueued', async () => (await api.producer.runState(again.json.id, 1)) === 'queued');
      expect((await upload('k')).json.id).toBe(again.json.id);
    },
  );

  test('when a full store ends a claim that another request has found, the batch stays and is accepted by the other one', async () => {
    const removed = (await upload('k')).json.id;
    await finish(removed);
    expect((await call(`/v1/batches/${removed}`, { method: 'DELETE' })).status).toBe(204);
    const put = api.store.put.bind(api.store);
    let repeat: Promise<Answer> | undefined;
    api.store.put = async (key, ...rest) => {
      // The second write of the new claim: by now the first one has bound the key to the new batch.
      if (repeat !== undefined || !key.includes('/idempotency/')) return put(key, ...rest);
      repeat = upload('k');
      await repeat;
      throw new StoreFullError('no space');
    };
    expect((await upload('k')).status).toBe(507);
    const accepted = await repeat!;
    expect(accepted.status).toBe(202);
    expect((await call(`/v1/batches/${accepted.json.id}`)).status).toBe(200);
    expect((await upload('k')).json.id).toBe(accepted.json.id);
  });

  test('a record whose write has an unknown outcome leaves nothing', async () => {
    failing(api.store, 'putWithMarker', 1, away, undefined, true);
    failing(api.store, 'deletePrefix', 1, away);
    expect((await predict()).status).toBe(503);
    await waitUntil('nothing is left', async () => (await api.files()).length === 0);
  });

  test.each([
    ['without a key', {}, []],
    ['with a key', { 'idempotency-key': 'k' }, ['idempotency']],
  ])('a record %s that Redis refuses leaves at most the claim of its key', async (_, headers, folders) => {
    // Redis has accepted this one, so it is asked while the next one is stored.
    expect((await predict()).status).toBe(202);
    const before = await api.files();
    failing(api.producer, 'assertAvailable', 1, new QueueUnavailableError('away'));
    const refused = await predict(headers);
    expect([refused.status, refused.json.type]).toEqual([503, 'urn:cytoqueue:problem:unavailable']);
    const isExpected = (file: string) => before.includes(file) || folders.some((name) => file.includes(`/${name}/`));
    await waitUntil('nothing else is left', async () => (await api.files()).every(isExpected));
    expect((await predict(headers)).status).toBe(202);
  });

  test('while Redis refuses records, none is stored', async () => {
    const storing = jest.spyOn(api.store, 'putWithMarker');
    failing(api.producer, 'assertAvailable', 2, new QueueUnavailableError('away'));
    expect([(await predict()).status, (await predict()).status]).toEqual([503, 503]);
    expect(storing).not.toHaveBeenCalled();
    expect((await predict()).status).toBe(202);
    expect(storing).toHaveBeenCalledTimes(1);
    storing.mockRestore();
  });

  test('a DELETE that fails midway can be repeated until nothing is left', async () => {
    const { id } = (await upload()).json;
    await finish(id);
    failing(api.store, 'delete', 1, away, ((key: string) => key.endsWith('/batch.json')) as never);
    expect((await call(`/v1/batches/${id}`, { method: 'DELETE' })).status).toBe(503);
    expect((await api.files()).filter((file) => file.endsWith('input.csv'))).toEqual([]);
    expect((await call(`/v1/batches/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await api.files()).toEqual([]);
  });
});

describe('a repeated Idempotency-Key gets its batch', () => {
  const BYTES = HEADER.length + ROW.length;

  test('when the quota is full and a new upload is refused', async () => {
    setLimits({ stored_bytes: BYTES });
    const first = await upload('k');
    expect(first.status).toBe(202);
    const again = await upload('k');
    expect([again.status, again.json.id]).toEqual([202, first.json.id]);
    const other = await upload('other');
    expect([other.status, other.json.type]).toEqual([413, 'urn:cytoqueue:problem:quota-exceeded']);
    setLimits({ stored_bytes: 2 * BYTES - 1 });
    const larger = await upload('larger');
    expect([larger.status, larger.json.type]).toEqual([413, 'urn:cytoqueue:problem:quota-exceeded']);
  });

  test('of a rescore, when the quota is full', async () => {
    setLimits({ stored_bytes: 2 * BYTES });
    const source = (await upload()).json.id;
    const rescore = (key: string) =>
      call(`/v1/batches/${source}/rescore`, { method: 'POST', headers: { 'idempotency-key': key } });
    const first = await rescore('r');
    expect(first.status).toBe(202);
    const again = await rescore('r');
    expect([again.status, again.json.id]).toEqual([202, first.json.id]);
    expect((await rescore('other')).status).toBe(413);
    expect((await api.files()).filter((file) => file.endsWith('input.csv'))).toHaveLength(2);
  });

  test('while the allowed number of uploads is running', async () => {
    setLimits({ concurrent_uploads: 1 });
    const first = await upload('k');
    const { sending, answered } = api.openRequest('/v1/batches', {
      'content-type': 'text/csv',
      'transfer-encoding': 'chunked',
    });
    sending.write(HEADER);
    await waitUntil('the allowed number of uploads is running', async () => (await upload()).status === 429);
    expect((await upload('k')).json.id).toBe(first.json.id);
    sending.end(ROW);
    expect((await answered).statusCode).toBe(202);
  });

  test('when the rate limit is used up, up to twice the limit', async () => {
    setLimits({ units_per_minute: 8 });
    const first = await upload('k');
    expect((await predict()).status).toBe(429);
    expect((await predict({ 'idempotency-key': 'new' })).status).toBe(429);
    expect((await upload('k')).status).toBe(202);
    expect((await upload('k')).status).toBe(429);
    expect(first.status).toBe(202);
  });

  test('but not for another payload', async () => {
    await upload('k');
    expect((await upload('k', 2)).json.type).toBe('urn:cytoqueue:problem:idempotency-key-reused');
    expect((await upload('k', 1, '?missing=reject')).json.type).toBe('urn:cytoqueue:problem:idempotency-key-reused');
    expect((await api.files()).filter((file) => file.endsWith('input.csv'))).toHaveLength(1);
  });

  test('and a record its state', async () => {
    const headers = { 'idempotency-key': 'p' };
    const { id } = (await predict(headers)).json;
    expect((await predict(headers)).json).toMatchObject({ id, status: 'queued' });
    await api.store.putOnce(ObjectKeys.predictionCompletion(api.tenant, id), Buffer.from('{"status":"canceled"}'));
    const again = await predict(headers);
    expect([again.status, again.json]).toMatchObject([202, { id, status: 'canceled' }]);
    const waited = await predict({ ...headers, prefer: 'wait=1' });
    expect([waited.status, waited.json]).toMatchObject([201, { id, status: 'canceled' }]);
  });

  test.each([
    ['batch_', () => upload('k')],
    ['pred_', () => predict({ 'idempotency-key': 'k' })],
  ] as const)('a new resource, one for all, when the %s that it made has expired', async (idPrefix, post) => {
    await post();
    const { objects } = await api.store.list({ prefix: ObjectKeys.idempotencyFolder(api.tenant) });
    const key = objects[0]?.key as string;
    const claim = unsealDocument<IdempotencyDocument>(key, await api.store.get(key));
    const expired = createId(idPrefix, Date.now() - 31 * 86_400_000);
    await api.store.put(key, sealDocument({ ...claim, id: expired }));
    const answers = await Promise.all(Array.from({ length: 3 }, post));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const ids: string[] = [...new Set(answers.map(({ json }) => json.id as string))];
    expect([ids.length, ids.includes(expired)]).toEqual([1, false]);
    expect((await call(`/v1/${idPrefix === 'pred_' ? 'predictions' : 'batches'}/${ids.join()}`)).status).toBe(200);
  });

  test('which many concurrent requests share, also after the key’s first batch was deleted', async () => {
    const first = await upload('k');
    await finish(first.json.id);
    expect((await call(`/v1/batches/${first.json.id}`, { method: 'DELETE' })).status).toBe(204);
    const again = await Promise.all(Array.from({ length: 10 }, () => upload('k')));
    expect(again.map(({ status }) => status)).toEqual(Array(10).fill(202));
    const ids = new Set(again.map(({ json }) => json.id));
    expect([ids.size, ids.has(first.json.id)]).toEqual([1, false]);
    expect((await upload('k')).json.id).toBe([...ids][0]);
    await waitUntil(
      'what lost the race is rolled back',
      async () => (await api.files()).filter((file) => file.endsWith('input.csv')).length === 1,
    );
  });
});

test('a file with evidence is cut into small shards, so that every thread explains some of its rows', async () => {
  const shardRows = async (query: string) => {
    const { json } = await upload(undefined, 1_200, query);
    const { shards } = await readDocument(api.store, ObjectKeys.batchDocument(api.tenant, json.id), batchDocumentShape);
    return shards.map(({ rows }) => rows);
  };
  expect(await shardRows('?explain=true')).toEqual([500, 500, 200]);
  expect(await shardRows('')).toEqual([1_000, 200]);
});
