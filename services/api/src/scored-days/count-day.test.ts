import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfirmationKeys, DamageReport, ObjectKeys, createId, readDocument, scoredDayShape } from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { type ObjectStore, openStore } from '@cytoqueue/storage';
import { countDay } from './count-day';
import { ScoredDays } from './scored-days';

const DAY_MS = 86_400_000;
/** More than one call looks at. */
const RECORDS = 2_010;
const nowMs = Date.UTC(2026, 5, 1, 12);
const dayMs = Date.UTC(2026, 5, 1);

let dir: string;
let store: ObjectStore;
const damage = new DamageReport({ warn: () => undefined, error: () => undefined }, () => undefined);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cytoqueue-count-'));
  store = openStore(`file://${dir}`);
  await store.start();
  // Uploads that are not accepted yet stay open.
  for (let index = 0; index < RECORDS; index++) {
    const folder = join(dir, ObjectKeys.predictionFolder('lab', createId('pred_', nowMs - RECORDS + index)));
    // Without the store, which flushes every object to the disk.
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'part'), '');
  }
});
afterAll(async () => {
  await store.stop();
  await rm(dir, { recursive: true });
});

test('a call looks at other records than the one before, although none of them is answered', async () => {
  const deps = { store, registry: new ModelRegistry(store), damage };
  const first = await countDay(deps, { tenant: 'lab', dayMs, nowMs });
  expect([first.next !== undefined, Object.keys(first.day.open).length]).toEqual([true, 2_000]);
  const second = await countDay(deps, { tenant: 'lab', dayMs, nowMs }, first.day, first.next);
  expect([second.next, Object.keys(second.day.open).length]).toEqual([undefined, RECORDS]);
  // Another process that continues knows only the document.
  const other = await countDay(deps, { tenant: 'lab', dayMs, nowMs }, first.day);
  expect(other.day).toEqual(second.day);
  expect(second.day.seen).toEqual({ pred_: '', batch_: '' });
  const third = await countDay(deps, { tenant: 'lab', dayMs, nowMs: nowMs + 2 * DAY_MS }, second.day);
  expect(third).toEqual({ day: expect.objectContaining({ open: {}, counted: [], closed: true }) as object });
});

test('a call that continues lists only what is left', async () => {
  const starts: (string | undefined)[] = [];
  const list: ObjectStore['list'] = (options) => {
    starts.push(options.startAfter);
    return store.list(options);
  };
  const listing = Object.assign(Object.create(store) as ObjectStore, { list });
  const deps = { store: listing, registry: new ModelRegistry(store), damage };
  const { day, next } = await countDay(deps, { tenant: 'lab', dayMs, nowMs });
  starts.splice(0);
  await countDay(deps, { tenant: 'lab', dayMs, nowMs }, day, next);
  // One page of each kind; the records' begins behind the last one that was looked at.
  expect(starts).toEqual([expect.stringContaining(Object.keys(day.open).at(-1) ?? ''), expect.any(String)]);
});

test('a lost lease ends the count of a day between two calls', async () => {
  const lost = new AbortController();
  const put: ObjectStore['put'] = async (...args) => {
    const stored = await store.put(...args);
    lost.abort();
    return stored;
  };
  const aborting = Object.assign(Object.create(store) as ObjectStore, { put });
  await new ScoredDays({ store: aborting, registry: new ModelRegistry(store), damage }, 30).update(nowMs, lost.signal);
  const day = await readDocument(store, ConfirmationKeys.scoredDay('lab', '2026-06-01'), scoredDayShape);
  expect(Object.keys(day.open)).toHaveLength(2_000);
});

test('a pass over a day with many open records looks at each of them once', async () => {
  const looks = new Map<string, number>();
  const counting: ObjectStore = new Proxy(store, {
    get(target, name: keyof ObjectStore) {
      const method: unknown = target[name];
      if (typeof method !== 'function') return method;
      return (...args: unknown[]): unknown => {
        if (typeof args[0] === 'string') looks.set(args[0], (looks.get(args[0]) ?? 0) + 1);
        return (method as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  await store.delete(ConfirmationKeys.scoredDay('lab', '2026-06-01'));
  await new ScoredDays({ store: counting, registry: new ModelRegistry(store), damage }, 30).update(nowMs);
  const records = [...looks].filter(([key]) => key.includes('/pred_'));
  expect(records.length).toBeGreaterThanOrEqual(RECORDS);
  expect(records.filter(([, times]) => times > 1)).toEqual([]);
});
