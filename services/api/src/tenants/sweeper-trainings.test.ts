import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObjectKeys, TrainingKeys, createId } from '@cytoqueue/records';
import { type ObjectStore, listAll, openStore } from '@cytoqueue/storage';
import { RetentionPolicy } from './retention-policy';
import { sweep } from './sweeper';

const DAY_MS = 86_400_000;
const nowMs = Date.UTC(2026, 5, 1);
const retention = new RetentionPolicy({ resources: 30, inputs: 7, confirmations: 60 });

let dir: string;
let store: ObjectStore;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cytoqueue-sweep-'));
  store = openStore(`file://${dir}`);
  await store.start();
});

afterEach(async () => {
  await store.stop();
  await rm(dir, { recursive: true });
});

type State = 'final' | 'pending' | 'not accepted';

async function put(ageDays: number, state: State): Promise<string> {
  const id = createId('training_', nowMs - ageDays * DAY_MS);
  const keys = [TrainingKeys.input('a', id), TrainingKeys.rows('a', id)];
  if (state !== 'not accepted') keys.push(TrainingKeys.document('a', id), TrainingKeys.fold('a', id, 1));
  if (state === 'final') keys.push(TrainingKeys.result('a', id));
  if (state === 'pending') keys.push(ObjectKeys.pending('a', id));
  for (const key of keys) await store.put(key, Buffer.from('{}'));
  return id;
}

/** Names of the training's objects. */
async function objectsOf(id: string): Promise<string[]> {
  const names: string[] = [];
  const folder = TrainingKeys.folder('a', id);
  for await (const { key } of listAll(store, folder)) names.push(key.slice(folder.length));
  return names.sort();
}

const ALL = ['folds/00001.json', 'input', 'result.json', 'rows', 'training.json'];

test('removes an expired training with its marker, and file, rows and folds of a final one before', async () => {
  const [expired, abandoned] = [await put(31, 'final'), await put(31, 'pending')];
  const [old, oldPending, young] = [await put(8, 'final'), await put(8, 'pending'), await put(6, 'final')];
  expect(await sweep({ store, retention }, nowMs)).toBe(3);
  expect(await objectsOf(expired)).toEqual([]);
  expect(await objectsOf(abandoned)).toEqual([]);
  expect(await store.head(ObjectKeys.pending('a', abandoned))).toBeUndefined();
  expect(await objectsOf(old)).toEqual(['result.json', 'training.json']);
  expect(await objectsOf(oldPending)).toEqual(ALL.filter((name) => name !== 'result.json'));
  expect(await objectsOf(young)).toEqual(ALL);
  expect(await sweep({ store, retention }, nowMs)).toBe(0);
});

test('removes a request that crashed before acceptance after a day, and no accepted training', async () => {
  const dead = await put(25 / 24, 'not accepted');
  const kept = [await put(25 / 24, 'pending'), await put(25 / 24, 'final'), await put(0.5, 'not accepted')];
  expect(await sweep({ store, retention }, nowMs)).toBe(1);
  expect(await objectsOf(dead)).toEqual([]);
  for (const id of kept) expect(await objectsOf(id)).not.toEqual([]);
});

test('what a worker stores after the deletion of a training is removed after a day', async () => {
  const id = createId('training_', nowMs - (25 / 24) * DAY_MS);
  await store.put(TrainingKeys.fold('a', id, 2), Buffer.from('{}'));
  expect(await sweep({ store, retention }, nowMs)).toBe(1);
  expect(await objectsOf(id)).toEqual([]);
});
