import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { ObjectCorruptError, ObjectNotFoundError, type ObjectStore, openStore } from '@cytoqueue/storage';
import fc from 'fast-check';
import { shardKey } from './batch-objects';
import type { BatchDocument, FileDigest } from './documents/documents';
import { sealDocument } from './documents/sealed-document';
import { createId } from './ids';
import { ObjectKeys } from './object-keys';
import { RunFile } from './run-file';

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

/** Stores results that consist of a header row and one part of each shard's object, after other bytes. */
async function storeParts(header: Uint8Array, shards: readonly Uint8Array[]): Promise<Stored> {
  const batch = { id: createId('batch_'), model: { name: 'wbc-knn', version: '1.0.0' } } as BatchDocument;
  const parts = shards.map((rows, shard) => ({ start: shard + 1, end: shard + 1 + rows.length }));
  for (const [shard, rows] of shards.entries())
    await store.put(
      shardKey(TENANT, batch, shard),
      Buffer.concat([Buffer.alloc(shard + 1, '#'), rows, Buffer.from('#')]),
    );
  await store.put(
    ObjectKeys.runResultParts(TENANT, batch.id, 1),
    sealDocument({ header: Buffer.from(header).toString('base64'), shards: parts }),
  );
  const whole = Buffer.concat([header, ...shards]);
  return { file: open(batch, { bytes: whole.length, sha256: '', composed: true }), whole, batch };
}

function open(batch: BatchDocument, digest: FileDigest): RunFile {
  return new RunFile(store, TENANT, batch, 1, 'results', digest);
}

async function read(file: RunFile, start: number, end: number): Promise<Buffer> {
  const target = new PassThrough();
  const reading = target.toArray();
  await file.pipeTo(target, { start, end });
  target.end();
  return Buffer.concat(await reading);
}

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

test('a missing part and a damaged list of parts are errors', async () => {
  const { file, whole, batch } = await storeParts(Buffer.from('a\n'), [Buffer.from('1\n'), Buffer.from('2\n')]);
  await store.delete(shardKey(TENANT, batch, 1));
  await expect(read(file, 0, whole.length)).rejects.toThrow(ObjectNotFoundError);
  expect((await read(file, 0, 4)).toString()).toBe('a\n1\n');
  await store.put(file.key, Buffer.from('{"header":"'));
  await expect(read(file, 0, 4)).rejects.toThrow(ObjectCorruptError);
});
