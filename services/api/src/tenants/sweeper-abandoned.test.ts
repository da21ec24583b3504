import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObjectKeys, createId } from '@cytoqueue/records';
import { openStore } from '@cytoqueue/storage';
import { RetentionPolicy } from './retention-policy';
import { sweep } from './sweeper';

const HOUR_MS = 3_600_000;
const nowMs = Date.UTC(2026, 5, 1);

test('removes an upload that crashed before acceptance after a day, and no accepted batch', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cytoqueue-sweep-'));
  const store = openStore(`file://${dir}`);
  await store.start();
  const put = async (more: (id: string) => string[]): Promise<string> => {
    const id = createId('batch_', nowMs - 25 * HOUR_MS);
    for (const key of [ObjectKeys.batchInput('a', id), ObjectKeys.batchDocument('a', id), ...more(id)])
      await store.put(key, Buffer.from('{}'));
    return id;
  };
  const died = await put(() => []);
  const running = await put((id) => [ObjectKeys.pending('a', id)]);
  const finished = await put((id) => [ObjectKeys.runManifest('a', id, 1)]);
  expect(
    await sweep({ store, retention: new RetentionPolicy({ resources: 30, inputs: 30, confirmations: 365 }) }, nowMs),
  ).toBe(1);
  const has = async (id: string) => (await store.head(ObjectKeys.batchDocument('a', id))) !== undefined;
  expect([await has(died), await has(running), await has(finished)]).toEqual([false, true, true]);
  await rm(dir, { recursive: true });
});
