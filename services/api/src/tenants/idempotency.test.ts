import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ObjectCorruptError, type ObjectStore, openStore, listAll } from '@cytoqueue/storage';
import { ObjectKeys, createId } from '@cytoqueue/records';
import { IdempotencyKeys, payloadDigest } from './idempotency';

let dir: string;
let store: ObjectStore;
let keys: IdempotencyKeys;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'idempotency-'));
  store = openStore(pathToFileURL(dir).href);
  await store.start();
  keys = new IdempotencyKeys(store);
});

afterEach(async () => {
  await store.stop();
  await rm(dir, { recursive: true });
});

const record = () => ({ id: createId('pred_'), payload_sha256: payloadDigest(['a record']) });

async function storedKey(): Promise<string> {
  for await (const { key } of listAll(store, ObjectKeys.idempotencyFolder('lab'))) return key;
  throw new Error('no key was claimed');
}

test('a key stands for the resource of its first claim', async () => {
  const first = record();
  expect(await keys.claim('lab', 'k', first)).toBe(first.id);
  expect(await keys.claim('lab', 'k', record())).toBe(first.id);
});

test('a claim with one changed character in its id is corrupt', async () => {
  const first = record();
  await keys.claim('lab', 'k', first);
  const key = await storedKey();
  const bytes = await store.get(key);
  const last = bytes.indexOf(first.id) + first.id.length - 1;
  bytes[last] = bytes[last] === 0x30 ? 0x31 : 0x30;
  await store.put(key, bytes);
  await expect(keys.claim('lab', 'k', record())).rejects.toBeInstanceOf(ObjectCorruptError);
  await expect(keys.find('lab', 'k')).rejects.toBeInstanceOf(ObjectCorruptError);
});

test('reads a claim that a release without checksums wrote', async () => {
  const first = record();
  await keys.claim('lab', 'k', first);
  await store.put(await storedKey(), Buffer.from(JSON.stringify(first)));
  expect(await keys.claim('lab', 'k', record())).toBe(first.id);
});
