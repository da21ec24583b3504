import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { ObjectCorruptError, ObjectNotFoundError, type ObjectStore, openStore } from '@cytoqueue/storage';
import fc from 'fast-check';
import { shardKey } from './batch-objects';
import type { BatchDocument, FileDigest } from './documents/documents';
import { sealDocument } from './documents/sealed-document';
import { createId } from './ids';
import { ObjectKeys } from './object-keys';
import { RunFile } from './run-file';
import { emptyCounts, encodeShardObject } from './shard-object';

const TENANT = 'lab';

let folder: string;
let store: ObjectStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cytoqueue-run-file-'));
  store = openStore(pathToFileURL(folder).href);
  await store.start();
});

afterAll(async () => {
  await store?.stop();
  await rm(folder, { recursive: true });
});

interface Stored {
  file: RunFile;
  whole: Buffer;
  batch: BatchDocument;
}

/** Stores results that consist of a header row and the result rows of each shard's object. */
async function storeParts(header: Uint8Array, shards: readonly Uint8Array[]): Promise<Stored> {
  const batch = { id: createId('batch_'), model: { name: 'wbc-knn', version: '1.0.0' } } as BatchDocument;
  for (const [shard, results] of shards.entries()) {
    const key = shardKey(TENANT, batch, shard);
    const other = { errors: Buffer.from('errors'), changes: new Uint8Array(0) };
    await store.put(key, encodeShardObject({ counts: emptyCounts(), histogram: [], results, ...other }, { key }));
  }
  const list = { header: Buffer.from(header).toString('base64'), shards: shards.map(({ length }) => length) };
  await store.put(ObjectKeys.runResultParts(TENANT, batch.id, 1), sealDocument(list));
  const whole = Buffer.concat([header, ...shards]);
  return { file: open(batch, { bytes: whole.length, sha256: '', composed: true }), whole, batch };
}

function open(batch: BatchDocument, digest: FileDigest): RunFile {
  return new RunFile(store, TENANT, batch, 1, 'results', digest);
}

/** Copies what is written, because memory is reused after a write. */
function copyingTarget(): { target: Writable; written: Buffer[] } {
  const written: Buffer[] = [];
  const target = new Writable({
    write(chunk: Uint8Array, _encoding, callback) {
      written.push(Buffer.from(chunk));
      callback();
    },
  });
  return { target, written };
}

async function read(file: RunFile, start: number, end: number): Promise<Buffer> {
  const { target, written } = copyingTarget();
  await file.pipeTo(target, { start, end });
  return Buffer.concat(written);
}

const ROWS = Buffer.from('1,2\n'.repeat(20));
const bytes = fc.uint8Array({ maxLength: 20 });

test('every range of composed results is that of the parts in order', async () => {
  const property = fc.asyncProperty(
    bytes,
    fc.array(bytes, { maxLength: 4 }),
    fc.nat(100),
    fc.nat(100),
    async (header, shards, one, other) => {
      const { file, whole } = await storeParts(header, shards);
      const [start, end] = [Math.min(one, other), Math.max(one, other)].map((at) => Math.min(at, whole.length));
      expect(await read(file, start, end)).toEqual(whole.subarray(start, end));
      const chunks: Uint8Array[] = [];
      for await (const chunk of file.chunks()) chunks.push(Buffer.from(chunk));
      expect(Buffer.concat(chunks)).toEqual(whole);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test('results that are one object are read up to the length that the manifest states', async () => {
  const { batch } = await storeParts(Buffer.from('a,b\n'), []);
  await store.put(ObjectKeys.runResults(TENANT, batch.id, 1), Buffer.from('a,b\n1,2\n'));
  const file = open(batch, { bytes: 4, sha256: '' });
  expect([file.key, (await read(file, 2, 4)).toString()]).toEqual([ObjectKeys.runResults(TENANT, batch.id, 1), 'b\n']);
});

const truncated = async (key: string) => store.put(key, (await store.get(key)).subarray(0, -20));

test.each<[string, (stored: Stored) => Promise<unknown>]>([
  ['a missing shard', ({ batch }) => store.delete(shardKey(TENANT, batch, 1))],
  ['a truncated shard', ({ batch }) => truncated(shardKey(TENANT, batch, 1))],
  ['an empty shard', ({ batch }) => store.put(shardKey(TENANT, batch, 1), Buffer.alloc(0))],
  [
    'the object of another shard',
    async ({ batch }) => store.put(shardKey(TENANT, batch, 1), await store.get(shardKey(TENANT, batch, 0))),
  ],
  ['no list', ({ file }) => store.delete(file.key)],
  ['a damaged list', ({ file }) => store.put(file.key, Buffer.from('{"header":"'))],
  [
    'a list of fewer bytes than the manifest states',
    ({ file }) => store.put(file.key, sealDocument({ header: '', shards: [ROWS.length, ROWS.length - 1] })),
  ],
])('%s is damage, and no byte is written', async (_, damage) => {
  const stored = await storeParts(Buffer.from('a\n'), [ROWS, ROWS]);
  await damage(stored);
  const { target, written } = copyingTarget();
  await expect(stored.file.pipeTo(target, { start: 0, end: stored.whole.length })).rejects.toThrow(ObjectCorruptError);
  expect(written).toEqual([]);
});

test('a range is read although other parts are missing', async () => {
  const { file, batch, whole } = await storeParts(Buffer.from('a\n'), [ROWS, ROWS]);
  await store.delete(shardKey(TENANT, batch, 1));
  expect(await read(file, 1, 20)).toEqual(whole.subarray(1, 20));
});

test('a batch that is being deleted is not damaged', async () => {
  const { file, batch, whole } = await storeParts(Buffer.from('a\n'), [ROWS, ROWS]);
  const chunks = file.chunks();
  expect((await chunks.next()).value).toEqual(whole.subarray(0, 2));
  await store.delete(file.key);
  await store.delete(shardKey(TENANT, batch, 0));
  await expect(chunks.next()).rejects.toThrow(ObjectNotFoundError);
});
