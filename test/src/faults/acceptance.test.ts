import { REDIS_PREFIX, queueNames } from '@cytoqueue/queue';
import { ObjectKeys } from '@cytoqueue/records';
import { run } from '../support/batches';
import type { ContractResponse } from '../support/contract-client';
import { HEADER, rows } from '../support/csv-rows';
import { FaultStack, RECONCILER_LEASE } from '../support/fault-stack';
import { keysBelow } from '../support/invariant';
import { parseLog } from '../support/log-lines';
import { isRunning } from '../support/stack-process';
import type { Verdict } from '../support/tcp-proxy';
import { waitUntil } from '../support/wait-until';

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(5_000);
});

afterEach(() => faults.restore());

afterAll(() => faults?.stop());

const isPending = async () => (await faults.store.list({ prefix: 'pending/' })).objects.length > 0;

test('the API killed between storing and enqueuing: the repeated key returns the same batch, which finishes; the audit log is complete', async () => {
  const key = { 'idempotency-key': 'upload-1' };
  // The first command after the pending marker kills the API and does not reach Redis, so that no job is enqueued.
  let killed: Promise<void> | undefined;
  faults.proxy.intercept(async (): Promise<Verdict> => {
    if (!(await isPending())) return 'pass';
    await (killed ??= killApi());
    return new Promise<never>(() => undefined);
  });
  expect(await faults.post(key).catch(() => undefined)).toBeUndefined();
  const { objects } = await faults.store.list({ prefix: 'pending/' });
  const promised = objects[0]?.key.split('/').at(-1) as string;
  // Resets the connections whose bytes were held back.
  faults.proxy.cut();
  faults.proxy.restore();
  const again = await waitUntil('another API answers', async () => {
    const answer = await faults.post(key).catch(() => undefined);
    return answer?.status === 202 && answer.json;
  });
  expect(again.id).toBe(promised);
  await faults.expectComplete(promised);

  expect((await faults.client.call('delete', `/v1/batches/${promised}`)).status).toBe(204);
  await killApi();
  const audited = await waitUntil(
    'another API answers',
    async () => (await faults.client.get('/v1/audit').catch(() => undefined))?.json,
  );
  const deeds = (audited.data as { action: string; resource: string }[]).filter(
    ({ resource }) => resource === `batches/${promised}`,
  );
  expect(deeds.map(({ action }) => action)).toEqual(expect.arrayContaining(['batch.delete', 'batch.create']));
});

async function killApi(): Promise<void> {
  const { api } = faults.ready.pids;
  process.kill(api, 'SIGKILL');
  await waitUntil('the API is gone', () => !isRunning(api));
}

test('the API killed before it has stored audit events: only events of reads are lost, because a change is answered after its event is stored', async () => {
  const audit = async () =>
    (await Promise.all((await keysBelow(faults.store, 'audit/')).map((key) => faults.store.get(key)))).join('');
  const [kept, lost, deleted] = [
    await faults.predict(),
    await faults.predict(),
    await run(faults.client, HEADER + rows(1)),
  ];
  const read = ({ json }: ContractResponse) => faults.client.get(`/v1/predictions/${json.id}`);
  const noteOf = ({ json }: ContractResponse) => `"prediction.get","resource":"predictions/${json.id}"`;
  await read(kept);
  await waitUntil('the read is noted', async () => (await audit()).includes(noteOf(kept)));
  const notes = faults.hold(/\/audit\//);
  await read(lost);
  const deed = faults.client.call('delete', `/v1/batches/${deleted.id}`).catch(() => undefined);
  await notes.reached();
  await waitUntil(
    'the batch is deleted',
    async () => (await faults.store.head(ObjectKeys.batchDocument('local', deleted.id))) === undefined,
  );
  await killApi();
  expect(await deed).toBeUndefined();
  notes.open();
  await waitUntil('another API answers', () =>
    read(kept).then(
      ({ status }) => status === 200,
      () => undefined,
    ),
  );
  const written = await audit();
  expect([written.includes(noteOf(kept)), written.includes(noteOf(lost))]).toEqual([true, false]);
});

test('two uploads with one key while Redis is frozen are refused, and both return one batch when repeated', async () => {
  const key = { 'idempotency-key': 'upload-2' };
  faults.redis.freeze();
  const refused = await Promise.all([faults.post(key), faults.post(key)]);
  expect(refused.map(({ status }) => status)).toEqual([503, 503]);
  faults.redis.thaw();
  const accepted = await waitUntil('both are accepted', async () => {
    const answers = await Promise.all([faults.post(key), faults.post(key)]);
    return answers.every(({ status }) => status === 202) && answers.map(({ json }) => json.id as string);
  });
  expect(new Set(accepted).size).toBe(1);
  await faults.expectComplete(accepted[0] as string);
});

test.each([
  ['emptied', () => faults.inRedis((redis) => redis.flushall())],
  [
    'killed, and back without its data',
    async () => {
      await faults.inRedis((redis) => redis.flushall());
      await faults.redis.down();
      await faults.redis.up();
    },
  ],
])(
  'Redis %s: a batch in progress and a waiting record end, scored shards are not written again, progress does not fall',
  async (_, fault) => {
    const { batch, hold } = await faults.uploadAndHold();
    const [scored] = await faults.shardObjects(batch);
    const written = await faults.store.head(scored as string);
    const progress = async () => (await faults.client.get(`/v1/batches/${batch}`)).json.progress as number;
    const before = await progress();
    const record = await faults.whilePaused(async () => {
      const { json } = await faults.predict();
      await fault();
      for (const id of [batch, json.id]) await faults.backdate(id);
      return json.id as string;
    });
    await waitUntil('the API has Redis again', async () => (await faults.client.get('/health/ready')).status === 200);
    expect(await progress()).toBeGreaterThanOrEqual(before);
    hold.open();
    await faults.reconcile();
    await faults.expectComplete(batch);
    await waitUntil(
      'the record is answered',
      async () => (await faults.client.get(`/v1/predictions/${record}`)).json.status === 'succeeded',
    );
    expect(await faults.store.head(scored as string)).toEqual(written);
  },
);

test('Redis restored from an old snapshot: jobs that are already done find their results and end', async () => {
  const { batch, hold } = await faults.uploadAndHold();
  const restore = await takeSnapshot();
  hold.open();
  await faults.expectComplete(batch);
  const stored = () => Promise.all(shards.map((key) => faults.store.head(key)));
  const shards = await faults.shardObjects(batch);
  const before = await stored();
  await faults.whilePaused(restore);
  await faults.deliverAgain();
  await waitUntil('no job is left', () =>
    faults.inRedis(async (redis) => {
      const prefix = `${REDIS_PREFIX}:${queueNames.shards}`;
      const waiting = await redis.zcard(`${prefix}:prioritized`);
      return waiting + (await redis.zcard(`${prefix}:delayed`)) + (await redis.llen(`${prefix}:active`)) === 0;
    }),
  );
  await faults.expectInvariant(batch);
  expect(await stored()).toEqual(before);
});

/** Reads every key of Redis. @returns what replaces its content by them */
async function takeSnapshot(): Promise<() => Promise<void>> {
  const content = await faults.inRedis(async (redis) =>
    Promise.all(
      (await redis.keys('*')).map(async (key) => [key, await redis.dumpBuffer(key), await redis.pttl(key)] as const),
    ),
  );
  // In one step: the API writes keys at any time.
  return () =>
    faults.inRedis(async (redis) => {
      const replacing = redis.multi().flushall();
      for (const [key, value, ttlMs] of content) {
        const hasExpired = (value as Buffer | null) === null;
        if (!hasExpired) replacing.restore(key, Math.max(ttlMs, 0), value);
      }
      const outcomes = await replacing.exec();
      expect(outcomes?.filter(([error]) => error !== null)).toEqual([]);
    });
}

test('two concurrent finalizers, after the lock of the first has expired, leave one manifest', async () => {
  const { batch, hold: shards } = await faults.uploadAndHold();
  const hold = faults.hold(new RegExp(`${batch}/.*/manifest\\.json`));
  shards.open();
  await hold.reached();
  await faults.expireLocks();
  const other = await faults.startWorker();
  const finalizers = await hold.reached(2);
  expect(new Set(finalizers.map(({ pid }) => pid)).size).toBe(2);
  hold.open();
  const logs = () => [faults.logLines('worker-1'), parseLog(other.stdout())];
  const ended = (line: Record<string, unknown>) =>
    line['queue'] === queueNames.finalize && line['batch_id'] === batch && line['msg'] === 'job done';
  await waitUntil('both have finished', () => logs().every((lines) => lines.some(ended)));
  expect((await faults.expectComplete(batch)).failed_shards).toEqual([]);
});

test('two concurrent reconcilers, both with a lease, leave one manifest', async () => {
  const { batch, hold } = await faults.uploadAndHold();
  const before = faults.ready.pids.workers;
  let areReady = false;
  const freeLease = waitUntil('both workers have reconciled', async () => {
    await faults.inRedis((redis) => redis.del(RECONCILER_LEASE));
    return areReady;
  });
  await faults.whilePaused(async () => {
    await faults.inRedis((redis) => redis.flushall());
    await faults.backdate(batch);
    for (const pid of before) process.kill(pid, 'SIGKILL');
  });
  await faults.startWorker();
  await waitUntil('both workers are new', () =>
    faults.ready.pids.workers.every((pid) => !before.includes(pid) && isRunning(pid)),
  );
  areReady = true;
  await freeLease;
  hold.open();
  expect((await faults.expectComplete(batch)).failed_shards).toEqual([]);
});
