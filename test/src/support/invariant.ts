import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import {
  type BatchDocument,
  type ManifestDocument,
  ObjectKeys,
  decodeShardObject,
  isPending,
} from '@cytoqueue/records';
import { type ObjectStore, listAll } from '@cytoqueue/storage';
import { readCsv } from './records';
import { readResults } from './result-file';
import { waitUntil } from './wait-until';

const TENANT = 'local';

interface Expected {
  /** Accepted data rows. */
  rows: number;
  /** The result file of an undisturbed run; omitted where the fault changes the results. */
  results?: Buffer;
}

/**
 * Asserts the invariant of a batch after any fault: it is finished with one manifest per run; every accepted row is in
 * the results once; every shard object is intact and equals its part of the result file; no marker is pending; the
 * bytes equal those of an undisturbed run.
 */
export async function expectInvariant(
  store: ObjectStore,
  batchId: string,
  { rows, results: undisturbed }: Expected,
): Promise<ManifestDocument> {
  // A batch with a manifest is shown as finished; its marker is removed later.
  await waitUntil('nothing is pending', async () => !(await isPending(store, TENANT, batchId)));
  const record = await readJson<BatchDocument>(store, ObjectKeys.batchDocument(TENANT, batchId));
  const keys = await keysBelow(store, ObjectKeys.batchFolder(TENANT, batchId));
  const runs = new Set(keys.flatMap((key) => ObjectKeys.parseRun(key) ?? []));
  const manifests = keys.filter((key) => key.endsWith('/manifest.json'));
  assert.deepEqual(
    manifests,
    [...runs].map((run) => ObjectKeys.runManifest(TENANT, batchId, run)),
    'one manifest a run',
  );

  const manifest = await readJson<ManifestDocument>(store, manifests.at(-1) as string);
  const results = await readResults(store, TENANT, batchId, manifest.run);
  const sha256 = createHash('sha256').update(results).digest('hex');
  const { composed: _, ...stated } = manifest.results ?? {};
  assert.deepEqual(stated, { bytes: results.length, sha256 }, 'the result file is the one in the manifest');
  const { total, pending, succeeded, rejected, failed } = manifest.counts;
  assert.deepEqual(
    [record.rows, total, succeeded + rejected + failed, pending],
    [rows, rows, rows, 0],
    'every row has ended',
  );
  const numbers = readCsv(results.toString()).map(({ row }) => Number(row));
  assert.deepEqual(
    numbers,
    Array.from({ length: rows }, (_, i) => i + 1),
    'every row is there once',
  );
  await expectShardsIn(store, record, keys, manifest, results);
  if (undisturbed !== undefined) assert.ok(results.equals(undisturbed), 'the bytes are those of an undisturbed run');
  return manifest;
}

/**
 * Asserts that every shard that did not fail has one object, all of one model, and that these contain the result rows in order.
 */
async function expectShardsIn(
  store: ObjectStore,
  record: BatchDocument,
  keys: string[],
  manifest: ManifestDocument,
  results: Buffer,
): Promise<void> {
  const objects = keys.filter((key) => ObjectKeys.parseShardKey(key) !== undefined);
  const failed = new Set(manifest.failed_shards);
  const expected = record.shards.map((_, shard) => shard).filter((shard) => !failed.has(shard));
  assert.deepEqual(
    objects.map((key) => ObjectKeys.parseShardKey(key)?.shard),
    expected,
    'one object a shard',
  );
  const parts = await Promise.all(objects.map(async (key) => decodeShardObject(await store.get(key), key).results));
  for (const part of parts)
    assert.ok(results.includes(Buffer.from(part)), 'the result file holds what the shard object does');
}

export async function keysBelow(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(store, prefix)) keys.push(key);
  return keys;
}

async function readJson<T>(store: ObjectStore, key: string): Promise<T> {
  return JSON.parse((await store.get(key)).toString()) as T;
}
