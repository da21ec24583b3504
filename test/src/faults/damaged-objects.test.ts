import { writeFileSync } from 'node:fs';
import { ObjectKeys } from '@cytoqueue/records';
import { FaultStack } from '../support/fault-stack';
import { parseLog } from '../support/log-lines';
import { readResults } from '../support/result-file';
import { waitUntil } from '../support/wait-until';

/* A damaged document makes its own batch or record show as failed and affects no other. */

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(3_000);
});

afterEach(() => faults.restore());

afterAll(async () => {
  await faults?.stop();
});

/** Damages the file directly, as a disk would. */
async function damage(key: string, content: string | Buffer): Promise<void> {
  writeFileSync(await faults.fileOf(key), content);
}

const get = (path: string) => faults.client.get(path);
const errorOf = (id: string, kind: 'batches' | 'predictions') =>
  get(`/v1/${kind}/${id}`).then(({ status, json }) => [status, json.status, json.error?.code]);

test.each([
  ['truncated', (): string => '{"id":"batch_01'],
  ['zeroed', (): Buffer => Buffer.alloc(4_096)],
])(
  '%s documents harm their own batch and record only: others finish after Redis is emptied, and lists show all',
  async (_, content) => {
    const paused = await faults.whilePaused(async () => {
      const [damaged, batch] = [await faults.upload(), await faults.upload()];
      const [damagedRecord, record] = await Promise.all([faults.predict(), faults.predict()]).then((answers) =>
        answers.map(({ json }) => json.id as string),
      );
      await damage(ObjectKeys.batchDocument('local', damaged), content());
      await damage(ObjectKeys.predictionRequest('local', damagedRecord as string), content());
      await faults.inRedis((redis) => redis.flushall());
      for (const id of [damaged, batch, damagedRecord, record]) await faults.backdate(id as string);
      return { damaged, batch, damagedRecord: damagedRecord as string, record: record as string };
    });
    const worker = await faults.reconcile();
    expect((await faults.expectComplete(paused.batch)).failed_shards).toEqual([]);
    await waitUntil(
      'the other record is scored',
      async () => (await get(`/v1/predictions/${paused.record}`)).json.status === 'succeeded',
    );
    expect(await errorOf(paused.damaged, 'batches')).toEqual([200, 'failed', 'object-damaged']);
    expect(await errorOf(paused.damagedRecord, 'predictions')).toEqual([200, 'failed', 'object-damaged']);
    for (const [kind, id] of [
      ['batches', paused.damaged],
      ['batches', paused.batch],
      ['predictions', paused.damagedRecord],
      ['predictions', paused.record],
    ]) {
      const list = await get(`/v1/${kind}`);
      expect(list.status).toBe(200);
      expect((list.json.data as { id: string }[]).map((item) => item.id)).toContain(id);
    }
    await waitUntil('the worker has raised an alarm', () => {
      return [...faults.logLines('worker-1'), ...parseLog(worker.stdout())].some(
        (line) => line['alarm'] === 'object-corrupt' && JSON.stringify(line).includes(paused.damaged),
      );
    });
    expect((await faults.client.call('delete', `/v1/batches/${paused.damaged}`)).status).toBe(204);
  },
);

test('a damaged manifest is reported, and a retry writes the results again', async () => {
  const id = await faults.upload();
  await faults.expectComplete(id);
  await damage(ObjectKeys.runManifest('local', id, 1), '{"run":1,"sta');
  expect(await errorOf(id, 'batches')).toEqual([200, 'failed', 'object-damaged']);
  expect((await get('/v1/batches')).status).toBe(200);
  expect((await faults.client.post(`/v1/batches/${id}/retry`)).status).toBe(202);
  await waitUntil(
    'it has succeeded',
    async () => (await get(`/v1/batches/${id}`)).json.status === 'completed_with_errors',
  );
  const [again, undisturbed] = await Promise.all(
    [2, 1].map((run, index) => readResults(faults.store, 'local', index === 0 ? id : faults.undisturbedId, run)),
  );
  expect(again?.equals(undisturbed as Buffer)).toBe(true);
});
