import { ObjectKeys } from '@cytoqueue/records';
import { finish } from '../support/batches';
import { FaultStack } from '../support/fault-stack';
import { readResults } from '../support/result-file';
import { waitUntil } from '../support/wait-until';

/** Damaged result files: no count and no row of them may be returned as a result. */

const SHARDS = 5;
const MODEL = 'wbc-knn@1.1.0';
let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(SHARDS * 1_000);
});

afterAll(() => faults?.stop());

type Damage = (whole: Buffer) => Buffer;

const flipDigit =
  (pattern: RegExp): Damage =>
  (whole) => {
    const text = whole.toString('latin1');
    const changed = text.replace(pattern, (found) => `${found.slice(0, -1)}${(Number(found.slice(-1)) + 1) % 10}`);
    expect(changed).not.toBe(text);
    return Buffer.from(changed, 'latin1');
  };
const zeroFrom =
  (start: number): Damage =>
  (whole) =>
    Buffer.from(whole).fill(0, start, start + 512);
const cutAt =
  (share: number): Damage =>
  (whole) =>
    whole.subarray(0, Math.floor(whole.length * share));
const inTheMiddle: Damage = (whole) => {
  const middle = Math.floor(whole.length / 2);
  return Buffer.from(whole).fill('#', middle, middle + 1);
};
const append: Damage = (whole) => Buffer.concat([whole, whole.subarray(-100)]);

async function damage(key: string, how: Damage): Promise<() => Promise<void>> {
  const whole = await faults.store.get(key);
  await faults.store.put(key, how(whole));
  return async () => void (await faults.store.put(key, whole));
}

async function setPaused(queue: 'shards' | 'finalize', isPaused: boolean): Promise<void> {
  const path = `/admin/queues/api/queues/${queue}/${isPaused ? 'pause' : 'resume'}`;
  expect((await get(path, 'PUT')).status).toBe(200);
}

function get(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${faults.stack.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${faults.stack.apiKey}`, ...headers },
  });
}

/** The body; undefined when the response is an error or is cut off. */
async function bodyOf(path: string, headers?: Record<string, string>): Promise<Buffer | undefined> {
  const response = await get(path, 'GET', headers);
  return response.arrayBuffer().then(
    (bytes) => (response.ok ? Buffer.from(bytes) : undefined),
    () => undefined,
  );
}

const alarmsOf = (service: string, batchId?: string) =>
  faults
    .logLines(service)
    .filter(
      (line) =>
        line['alarm'] === 'object-corrupt' &&
        line['level'] === 50 &&
        (batchId === undefined || line['batch_id'] === batchId),
    );

async function countsOf(id: string): Promise<unknown> {
  const answer = await get(`/v1/batches/${id}`);
  const { counts } = (await answer.json()) as { counts: unknown };
  return answer.ok ? counts : undefined;
}

/** The batch's state, or the problem that was returned instead. */
async function statusOf(id: string): Promise<string> {
  const answer = await get(`/v1/batches/${id}`);
  const { status, type } = (await answer.json()) as { status: string; type: string };
  return answer.ok ? status : type;
}

test('shard objects damaged before they are joined are scored again, with an alarm for each', async () => {
  await setPaused('finalize', true);
  const id = await faults.upload();
  await waitUntil('every shard is scored', async () => (await faults.shardObjects(id)).length === SHARDS);
  await waitUntil('no shard is active', async () => (await faults.activeJobs('shards')).length === 0);
  const damages = [flipDigit(/"malignant":\d/), zeroFrom(0), zeroFrom(50_000), cutAt(0.5), append];
  for (const [shard, how] of damages.entries()) await damage(ObjectKeys.shard('local', id, shard, MODEL), how);
  await setPaused('finalize', false);
  expect((await faults.expectComplete(id)).failed_shards).toEqual([]);
  await waitUntil(
    'there is an alarm for each',
    () => new Set(alarmsOf('worker-1', id).map(({ shard }) => shard)).size === SHARDS,
  );
  for (const shard of damages.keys())
    expect(await faults.store.head(ObjectKeys.damagedShard('local', id, shard, MODEL))).toBeDefined();
});

test('a damaged result file is never downloaded whole', async () => {
  const id = await faults.upload();
  const { results } = await faults.expectComplete(id);
  const whole = await readResults(faults.store, 'local', id);
  expect(results).toMatchObject({ bytes: whole.length, composed: true });
  const [first, last] = [0, SHARDS - 1].map((shard) => ObjectKeys.shard('local', id, shard, MODEL)) as [string, string];
  const damages: [string, Damage][] = [
    [first, inTheMiddle],
    [first, cutAt(0.1)],
    [last, cutAt(0.5)],
    [last, zeroFrom(50_000)],
    [ObjectKeys.runResultParts('local', id, 1), cutAt(0.5)],
    [ObjectKeys.runResultParts('local', id, 1), flipDigit(/"shards":\[\d/)],
  ];
  for (const [key, how] of damages) {
    const restore = await damage(key, how);
    const before = alarmsOf('api').length;
    expect(await bodyOf(`/v1/batches/${id}/results`)).toBeUndefined();
    expect(await bodyOf(`/v1/batches/${id}/results`, { range: 'bytes=0-' })).toBeUndefined();
    await waitUntil('there is an alarm for each', () => alarmsOf('api').length === before + 2);
    await restore();
  }
  await damage(last, append);
  expect((await bodyOf(`/v1/batches/${id}/results`))?.equals(whole)).toBe(true);
});

test('a retry scores a shard again that was damaged or lost after the end, and the results are as before', async () => {
  const id = await faults.upload();
  await faults.expectComplete(id);
  const whole = await readResults(faults.store, 'local', id);
  expect((await get(`/v1/batches/${id}/retry`, 'POST')).status).toBe(409);
  await damage(ObjectKeys.shard('local', id, 1, MODEL), inTheMiddle);
  await faults.store.delete(ObjectKeys.shard('local', id, 3, MODEL));
  expect(await bodyOf(`/v1/batches/${id}/results`)).toBeUndefined();
  expect((await get(`/v1/batches/${id}/retry`, 'POST')).status).toBe(202);
  await finish(faults.client, id);
  expect((await bodyOf(`/v1/batches/${id}/results`))?.equals(whole)).toBe(true);
});

test('a damaged manifest gives no figures, and hides no other batch', async () => {
  const id = await faults.upload();
  await faults.expectComplete(id);
  for (const how of [flipDigit(/"succeeded":\d/), flipDigit(/"malignant":\d/), zeroFrom(0), cutAt(0.5)]) {
    const restore = await damage(ObjectKeys.runManifest('local', id, 1), how);
    expect(await statusOf(id)).not.toMatch(/^(succeeded|completed_with_errors)$/);
    expect(await bodyOf(`/v1/batches/${id}/results`)).toBeUndefined();
    expect((await get(`/v1/batches/${faults.undisturbedId}`)).status).toBe(200);
    await restore();
  }
  expect((await get(`/v1/batches/${id}`)).status).toBe(200);
});

test('an input that changed before it was scored gives no results, and is scored once it is whole again', async () => {
  await setPaused('shards', true);
  const id = await faults.upload();
  const restore = await damage(ObjectKeys.batchInput('local', id), flipDigit(/r500,\d/));
  await setPaused('shards', false);
  expect(await finish(faults.client, id)).toMatchObject({ status: 'failed', counts: { pending: 0, failed: 1_000 } });
  await waitUntil('there is an alarm', () => alarmsOf('worker-1', id).length > 0);
  expect(await bodyOf(`/v1/batches/${id}/results`)).toBeUndefined();
  await restore();
  expect((await get(`/v1/batches/${id}/retry`, 'POST')).status).toBe(202);
  expect((await faults.expectComplete(id)).failed_shards).toEqual([]);
});

test('a damaged model scores nothing, and the batch can be retried once the model is whole', async () => {
  const restore = await damage(ObjectKeys.model('wbc-knn', '1.1.0'), flipDigit(/"k":\d/));
  await faults.killWorkers();
  const id = await faults.upload();
  expect(await finish(faults.client, id)).toMatchObject({
    status: 'failed',
    counts: { succeeded: 0, failed: SHARDS * 1_000 },
  });
  await waitUntil('there is an alarm', () => alarmsOf('worker-1', id).length > 0);
  await restore();
  expect((await get(`/v1/batches/${id}/retry`, 'POST')).status).toBe(202);
  expect((await faults.expectComplete(id)).counts).toMatchObject({ succeeded: expect.any(Number), failed: 0 });
  const whole = await countsOf(id);
  const run = await damage(ObjectKeys.runDocument('local', id, 2), flipDigit(/"succeeded":\d/));
  expect([undefined, whole]).toContainEqual(await countsOf(id));
  await run();
});
