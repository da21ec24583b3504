import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfirmationKeys, DamageReport, ObjectKeys, createId, sealDocument } from '@cytoqueue/records';
import { openStore } from '@cytoqueue/storage';
import { replaceByLinkLoop } from '../../../../test/src/support/link-loop';
import { RetentionPolicy } from './retention-policy';
import { sweep } from './sweeper';

const DAY_MS = 86_400_000;
const nowMs = Date.UTC(2026, 5, 1);
const retention = new RetentionPolicy({ resources: 30, inputs: 7, confirmations: 60 });

test('removes expired resources of every tenant and kind, and nothing else', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cytoqueue-sweep-'));
  const store = openStore(`file://${dir}`);
  await store.start();
  const put = async (ageDays: number, tenant: string): Promise<string[]> => {
    const pred = createId('pred_', nowMs - ageDays * DAY_MS);
    const batch = createId('batch_', nowMs - ageDays * DAY_MS);
    const keys = [
      ObjectKeys.predictionRequest(tenant, pred),
      ObjectKeys.batchInput(tenant, batch),
      ObjectKeys.pending(tenant, batch),
    ];
    await Promise.all(keys.map((key) => store.put(key, Buffer.from('x'))));
    return keys;
  };
  const gone = (await Promise.all([put(31, 'a'), put(30.1, 'a'), put(400, 'b')])).flat();
  const kept = (await Promise.all([put(6.9, 'a'), put(29.9, 'a'), put(30, 'a'), put(0, 'b')])).flat();

  // Two concurrent sweepers, one with a clock an hour ahead: recently expired resources stay.
  const removed = await Promise.all([
    sweep({ store, retention }, nowMs),
    sweep({ store, retention }, nowMs + 3_600_000),
  ]);
  expect(removed.every((count) => count <= 6) && removed[0] + removed[1] >= 6).toBe(true);
  for (const key of gone) expect(await store.head(key)).toBeUndefined();
  for (const key of kept) expect(await store.head(key)).toBeDefined();
  expect(await sweep({ store, retention }, nowMs)).toBe(0);
  await store.stop();
  await rm(dir, { recursive: true });
});

test('removes the upload of a finished batch before its results, and an upload without a batch after a day', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cytoqueue-sweep-'));
  const store = openStore(`file://${dir}`);
  await store.start();
  const put = async (ageDays: number, accepted: boolean): Promise<string> => {
    const id = createId('batch_', nowMs - ageDays * DAY_MS);
    await store.put(ObjectKeys.batchInput('a', id), Buffer.from('x'));
    if (accepted) await store.put(ObjectKeys.batchDocument('a', id), Buffer.from('{}'));
    return id;
  };
  const [finished, young, dead, uploading] = [
    await put(8, true),
    await put(6, true),
    await put(25 / 24, false),
    await put(0.5, false),
  ];
  expect(await sweep({ store, retention }, nowMs)).toBe(2);
  const has = async (id: string) => (await store.head(ObjectKeys.batchInput('a', id))) !== undefined;
  expect([await has(finished), await has(young), await has(dead), await has(uploading)]).toEqual([
    false,
    true,
    false,
    true,
  ]);
  expect(await store.head(ObjectKeys.batchDocument('a', finished))).toBeDefined();
  await store.stop();
  await rm(dir, { recursive: true });
});

test('an unreadable upload is reported, removed with its batch, and does not stop the pass', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cytoqueue-sweep-'));
  const store = openStore(`file://${dir}`);
  await store.start();
  const put = async (ageDays: number): Promise<string> => {
    const id = createId('batch_', nowMs - ageDays * DAY_MS);
    for (const key of [ObjectKeys.batchInput('a', id), ObjectKeys.batchDocument('a', id)])
      await store.put(key, Buffer.from('x'));
    return id;
  };
  const [expired, first, second] = [await put(31), await put(9), await put(8)];
  for (const id of [expired, first]) replaceByLinkLoop(store.url, ObjectKeys.batchInput('a', id));
  const alarms: object[] = [];
  const damage = new DamageReport({ warn: () => undefined, error: (ids) => void alarms.push(ids) }, () => undefined);
  expect(await sweep({ store, retention, damage }, nowMs)).toBe(2);
  expect(alarms).toMatchObject([{ item: ObjectKeys.batchInput('a', first), alarm: 'object-unreadable' }]);
  expect(await store.head(ObjectKeys.batchInput('a', second))).toBeUndefined();
  expect(await store.head(ObjectKeys.batchDocument('a', expired))).toBeUndefined();
  await store.stop();
  await rm(dir, { recursive: true });
});

test('removes a confirmed diagnosis after its own retention, marks it for the summary, and removes old summaries', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cytoqueue-sweep-'));
  const store = openStore(`file://${dir}`);
  await store.start();
  const put = async (ageDays: number): Promise<string> => {
    const id = createId('conf_', nowMs - ageDays * DAY_MS);
    const predicted_at = new Date(nowMs - (ageDays + 20) * DAY_MS).toISOString();
    const classes = { predicted_class: 'benign', confirmed_class: 'benign', confirmed_at: '2026-01-01' };
    const answer = { model: 'm@1', operating_point: 'default', probability_malignant: 0.1, outcome: 'confident' };
    await store.put(
      ConfirmationKeys.entry('a', id),
      sealDocument({ id, target: 'pred_x', predicted_at, ...answer, ...classes }),
    );
    return id;
  };
  const [gone, kept] = [await put(61), await put(59)];
  const [oldDay, day] = ['2026-02-27', '2026-03-10'];
  for (const name of [oldDay, day]) {
    await store.put(`${ConfirmationKeys.dayFolder('a', name)}00001.json`, Buffer.from('{}'));
    await store.put(ConfirmationKeys.scoredDay('a', name), Buffer.from('{}'));
  }
  expect(await sweep({ store, retention }, nowMs)).toBe(3);
  expect(await store.head(ConfirmationKeys.entry('a', gone))).toBeUndefined();
  const marker = { day: '2026-03-12', id: gone, kind: 'deleted' } as const;
  expect(await store.head(ConfirmationKeys.change('a', marker))).toBeDefined();
  expect(await store.head(ConfirmationKeys.entry('a', kept))).toBeDefined();
  expect(await store.head(ConfirmationKeys.scoredDay('a', oldDay))).toBeUndefined();
  expect(await store.head(ConfirmationKeys.scoredDay('a', day))).toBeDefined();
  await store.stop();
  await rm(dir, { recursive: true });
});

test('an id determines when its resource expires', () => {
  const id = createId('pred_', nowMs);
  expect(retention.expiresAt(id)).toEqual(new Date(nowMs + 30 * DAY_MS));
  expect(retention.isExpired(id, nowMs + 30 * DAY_MS - 1)).toBe(false);
  expect(retention.isExpired(id, nowMs + 30 * DAY_MS)).toBe(true);
  expect(retention.expiresAt('nonsense')).toBeUndefined();
  expect(() => retention.assertNotExpired(createId('batch_', nowMs - 365 * DAY_MS))).toThrow('expired');
});
