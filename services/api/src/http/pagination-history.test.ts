import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ObjectStore, openStore } from '@cytoqueue/storage';
import { createId } from '@cytoqueue/records';
import { type PageSource, collectPage } from './pagination';

const ITEMS = 1_200;
const prefix = 'tenants/local/predictions/';

let folder: string;
let store: ObjectStore;
/** Oldest first. */
const ids = Array.from({ length: ITEMS }, (_, i) => createId('pred_', 1_700_000_000_000 + i * 1_000));
let reads = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cytoqueue-paging-'));
  store = openStore(pathToFileURL(folder).href);
  await store.start();
  for (let at = 0; at < ITEMS; at += 100)
    await Promise.all(ids.slice(at, at + 100).map((id) => store.put(`${prefix}${id}/request.json`, Buffer.alloc(0))));
});

afterAll(async () => {
  await store.stop();
  rmSync(folder, { recursive: true });
});

const rare = ids[10];
const listing = (): PageSource<object> => ({
  store,
  tenant: 'local',
  kind: 'predictions',
  read: async (id) => {
    reads++;
    return { id, status: id === rare ? 'failed' : 'succeeded' };
  },
});

test('a rare status is found page by page, without any page reading the whole history', async () => {
  const found: string[] = [];
  const readsByPage: number[] = [];
  let after: string | undefined;
  for (let hasMore = true; hasMore;) {
    reads = 0;
    const page = await collectPage(listing(), { limit: 20, after, status: 'failed' });
    readsByPage.push(reads);
    found.push(...page.data.map(({ id }) => id));
    expect(page.hasMore && page.lastId === null).toBe(false);
    hasMore = page.hasMore;
    after = page.lastId ?? undefined;
  }
  expect(found).toEqual([rare]);
  expect(readsByPage.length).toBeGreaterThan(1);
  expect(Math.max(...readsByPage)).toBeLessThan(ITEMS / 2);
});
