import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Classifier } from '@cytoqueue/classifier';
import { SHARD_HEADER_MAX_BYTES, decodeShardObject } from '@cytoqueue/records';
import { ScoringPool } from './pool';
import { scoreShard, writeFailedShard } from './score-shard';
import { createWarmUpTask } from './warm-up';

const bytes = readFileSync(join(__dirname, '../../../../packages/registry/models/wbc-knn/1.0.0.json'));
const classifier = Classifier.load(bytes);
const pool = new ScoringPool(1, join(__dirname, '../../dist/scoring/thread.js'));
// A thread takes the memory of its bytes.
const newTask = () => ({ ...createWarmUpTask({ model: classifier.model, bytes }), key: 'shard' });

afterAll(() => pool.stop());

test('a thread writes the results where they stand in the object', async () => {
  const task = newTask();
  const expected = Buffer.from(scoreShard(classifier, task).results);
  const object = await pool.score(task);
  const { results } = decodeShardObject(object, 'shard');
  expect(results.byteOffset).toBe(SHARD_HEADER_MAX_BYTES);
  expect(Buffer.from(results).equals(expected)).toBe(true);
});

test('memory that was released holds the next object, also one of another kind', async () => {
  const rows = (task: ReturnType<typeof newTask>, count: number) => ({
    ...task,
    bytes: Buffer.from(`${Buffer.from(task.bytes).toString().split('\n').slice(0, count).join('\n')}\n`),
    rows: count,
  });
  const first = await pool.score(newTask());
  const memory = first.buffer.byteLength;
  pool.release(first);
  const failed = writeFailedShard(classifier, rows(newTask(), 10));
  const object = await pool.encodeFailedShard(rows(newTask(), 10));
  expect(object.buffer.byteLength).toBe(memory);
  expect(Buffer.from(decodeShardObject(object, 'shard').errors).equals(Buffer.from(failed.errors))).toBe(true);
});

test('an object that is larger than expected gets memory of its own, which holds the next one', async () => {
  const rows = 20_000;
  // The names of four missing features are longer than the usual result.
  const text = Array.from({ length: rows }, (_, row) => `${row},5,?,?,?,?,1,3,1,1,2\n`).join('');
  const task = () => ({ ...newTask(), bytes: Buffer.from(text), rows });
  const expected = Buffer.from(scoreShard(classifier, task()).results);
  const first = await pool.score(task());
  expect(Buffer.from(decodeShardObject(first, 'shard').results).equals(expected)).toBe(true);
  const memory = Buffer.from(first.buffer);
  const last = memory.length - 1;
  memory[last] = 77;
  pool.release(first);
  const second = await pool.score(task());
  expect(Buffer.from(second.buffer)[last]).toBe(77);
  const { results } = decodeShardObject(second, 'shard');
  expect(results.byteOffset).toBe(SHARD_HEADER_MAX_BYTES);
  expect(Buffer.from(results).equals(expected)).toBe(true);
});
