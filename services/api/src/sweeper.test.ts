import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObjectKeys, createId, createObjectStore } from '@cytoqueue/storage';
import { Retention } from './http/retention';
import { sweep } from './sweeper';

const DAY_MS = 86_400_000;
const nowMs = Date.UTC(2026, 5, 1);
const retention = new Retention(30);

test('what is older than the retention goes, of every tenant and kind, and nothing else does', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cytoqueue-sweep-'));
  const store = createObjectStore(`file://${dir}`);
  await store.start();
  const put = async (ageDays: number, tenant: string): Promise<string[]> => {
    const pred = createId('pred_', nowMs - ageDays * DAY_MS);
    const batch = createId('batch_', nowMs - ageDays * DAY_MS);
    const keys = [ObjectKeys.predictionRequest(tenant, pred), ObjectKeys.batchInput(tenant, batch), ObjectKeys.pending(tenant, batch)];
    await Promise.all(keys.map((key) => store.put(key, Buffer.from('x'))));
    return keys;
  };
  const gone = (await Promise.all([put(31, 'a'), put(30, 'a'), put(400, 'b')])).flat();
  const kept = (await Promise.all([put(29.9, 'a'), put(0, 'b')])).flat();

  expect(await sweep({ store, retention }, nowMs)).toBe(6);
  for (const key of gone) expect(await store.head(key)).toBeUndefined();
  for (const key of kept) expect(await store.head(key)).toBeDefined();
  expect(await sweep({ store, retention }, nowMs)).toBe(0);
  await store.stop();
  await rm(dir, { recursive: true });
});

test('an id tells when it expires; what is no id does not', () => {
  const id = createId('pred_', nowMs);
  expect(retention.expiresAt(id)).toEqual(new Date(nowMs + 30 * DAY_MS));
  expect(retention.isExpired(id, nowMs + 30 * DAY_MS - 1)).toBe(false);
  expect(retention.isExpired(id, nowMs + 30 * DAY_MS)).toBe(true);
  expect(retention.expiresAt('nonsense')).toBeUndefined();
  expect(() => retention.check(createId('batch_', nowMs - 365 * DAY_MS))).toThrow('expired');
});
