import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, ObjectCorruptError, ObjectNotFoundError, type ObjectStore } from '@cytoqueue/storage';
import { failedShardsShape, manifestShape, predictionCompletionShape } from './document-shapes';
import { findDocument, readDocument } from './read-document';

let store: ObjectStore;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'documents-'));
  store = openStore(`file://${dir}`);
  await store.start();
});

afterAll(async () => {
  await store.stop();
  await rm(dir, { recursive: true });
});

test.each([
  ['empty', ''],
  ['truncated', '{"run":1,"status":"succ'],
  ['zeros', '\0\0\0\0'],
  ['another kind of value', 'null'],
  ['a list', '[]'],
  ['without its members', '{}'],
  ['with a member of another kind', '{"run":"1","status":"succeeded","counts":{},"summary":{},"failed_shards":[]}'],
  [
    'with a nested member missing',
    '{"run":1,"status":"succeeded","counts":{"total":1,"pending":0,"succeeded":1,"rejected":0},"summary":{"benign":1,"malignant":0,"indeterminate":0,"missing_features":0},"failed_shards":[]}',
  ],
])('a document that is %s is corrupt, and the error does not quote it', async (_, text) => {
  await store.put('d', Buffer.from(text));
  const error = await readDocument(store, 'd', manifestShape).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ObjectCorruptError);
  expect((error as Error).message).not.toContain('succ');
  await expect(findDocument(store, 'd', manifestShape)).rejects.toBeInstanceOf(ObjectCorruptError);
});

test('an intact document is read, and a missing one is ObjectNotFoundError', async () => {
  await store.put('e', Buffer.from('{"status":"canceled"}'));
  expect(await readDocument(store, 'e', predictionCompletionShape)).toEqual({ status: 'canceled' });
  await store.put('f', Buffer.from('[]'));
  expect(await readDocument(store, 'f', failedShardsShape)).toEqual([]);
  expect(await findDocument(store, 'none', manifestShape)).toBeUndefined();
  await expect(readDocument(store, 'none', manifestShape)).rejects.toBeInstanceOf(ObjectNotFoundError);
});
