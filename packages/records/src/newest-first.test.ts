import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createId, listNewestFirst } from './index';
import { openStore, type ObjectStore } from '@cytoqueue/storage';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW_MS = Date.now();

/** `count` ids, one every `stepMs` from `startMs` on. */
function idsFrom(startMs: number, count: number, stepMs: number): string[] {
  return Array.from({ length: count }, (_, n) => createId('pred_', Math.floor(startMs + n * stepMs)));
}

const histories: [string, string[]][] = [
  ['nothing', []],
  ['one id', idsFrom(NOW_MS, 1, 0)],
  ['a steady day', idsFrom(NOW_MS - DAY_MS, 1500, DAY_MS / 1500)],
  ['a burst of one millisecond', idsFrom(NOW_MS - 5000, 2100, 0)],
  ['two bursts far apart', [...idsFrom(NOW_MS - 40 * DAY_MS, 600, 0), ...idsFrom(NOW_MS - DAY_MS, 600, 0)]],
  [
    'a busy past and a quiet present',
    [...idsFrom(NOW_MS - 400 * DAY_MS, 1200, 1), ...idsFrom(NOW_MS - 9 * DAY_MS, 5, DAY_MS)],
  ],
  ['a quiet past and a busy present', [...idsFrom(0, 5, 1000 * DAY_MS), ...idsFrom(NOW_MS - 2000, 1200, 1)]],
  ['clocks that are ahead', idsFrom(NOW_MS + DAY_MS, 1200, 100)],
];

const listings = ['in both directions', 'upwards only'] as const;
const cases = histories.flatMap(([name, made]) => listings.map((listing) => [name, listing, made] as const));

describe.each(cases)('listNewestFirst of %s in a store that lists %s', (_name, listing, made) => {
  const ids = made.toSorted();
  let root: string;
  let store: ObjectStore;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'cytoqueue-newest-'));
    store = openStore(pathToFileURL(root).href);
    if (listing === 'upwards only') store.listDescending = undefined;
    for (const kind of ['objects', 'folders', 'mixed']) mkdirSync(join(root, kind));
    for (const id of ids) writeFileSync(join(root, 'objects', id), '');
    for (const id of ids.slice(-150)) {
      mkdirSync(join(root, 'folders', id));
      writeFileSync(join(root, 'folders', id, 'request.json'), '{}');
    }
    for (const name of ['pred_', 'pred_zzz', 'pred_0-not-an-id', 'batch_1', 'other'])
      writeFileSync(join(root, 'mixed', name), '');
    for (const id of ids.slice(-100)) writeFileSync(join(root, 'mixed', id), '');
  });

  afterAll(() => rm(root, { recursive: true }));

  /** All pages, one after the other. */
  async function readPages(prefix: string, limit: number): Promise<string[][]> {
    const pages: string[][] = [];
    for (let more = true; more;) {
      const page = await listNewestFirst(store, { prefix, idPrefix: 'pred_', before: pages.at(-1)?.at(-1), limit });
      pages.push(page.ids);
      more = page.hasMore;
    }
    return pages;
  }

  /** Full pages and a last partial page; one empty page for no ids. */
  function pagesOf(all: readonly string[], limit: number): string[][] {
    const count = Math.max(1, Math.ceil(all.length / limit));
    return Array.from({ length: count }, (_, page) => all.slice(page * limit, (page + 1) * limit));
  }

  it('lists every id once, in full pages and a last partial page', async () => {
    expect(await readPages('objects/', 700)).toEqual(pagesOf(ids.toReversed(), 700));
  });

  it('needs few list calls from any start', async () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(NOW_MS);
    for (const before of [undefined, ...ids.filter((_, index) => index % 501 === 500)]) {
      const list = jest.spyOn(store, 'list');
      await listNewestFirst(store, { prefix: 'objects/', idPrefix: 'pred_', before, limit: 20 });
      expect(list.mock.calls.length).toBeLessThanOrEqual(25);
      list.mockRestore();
    }
    clock.mockRestore();
  });

  it('lists folders', async () => {
    expect(await readPages('folders/', 20)).toEqual(pagesOf(ids.slice(-150).reverse(), 20));
  });

  it('skips names that are not ids', async () => {
    expect(await readPages('mixed/', 33)).toEqual(pagesOf(ids.slice(-100).reverse(), 33));
  });

  it('continues before any id, whether or not it exists', async () => {
    const times = [0, NOW_MS - 500 * DAY_MS, NOW_MS - 20 * DAY_MS, NOW_MS - DAY_MS / 2, NOW_MS, NOW_MS + 3 * DAY_MS];
    const somewhere = ids.filter((_, index) => index % 701 === 0);
    for (const before of [...somewhere, ...times.map((timeMs) => createId('pred_', timeMs))]) {
      const expected = ids.filter((id) => id < before).reverse();
      const page = await listNewestFirst(store, { prefix: 'objects/', idPrefix: 'pred_', before, limit: 10 });
      expect(page).toEqual({ ids: expected.slice(0, 10), hasMore: expected.length > 10 });
    }
  });

  it('refuses a start that is not an id', async () => {
    const options = { prefix: 'objects/', idPrefix: 'pred_' as const, limit: 10 };
    for (const before of ['', '../x', 'pred_', createId('batch_')]) {
      await expect(listNewestFirst(store, { ...options, before })).rejects.toMatchObject({ code: 'INVALID_KEY' });
    }
  });
});
