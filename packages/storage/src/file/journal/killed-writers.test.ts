import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { waitUntil } from '../../../../../test/src/support/wait-until';
import { ObjectNotFoundError } from '../../errors';
import { FileObjectStore } from '../file-object-store';
import { JournaledStore } from '../journaled-store';

const PROCESSES = 3;
const KILLS = 12;
const LINES_PER_LIFE = 150;
const LINES_WHILE_STOPPED = 100;
const DIST = join(__dirname, '../../../dist/file');

/** A process that puts, completes and deletes objects, and reports each operation once it has resolved. */
const WRITER = `
const { writeSync } = require('node:fs');
const { FileObjectStore } = require(${JSON.stringify(join(DIST, 'file-object-store.js'))});
const { JournaledStore } = require(${JSON.stringify(join(DIST, 'journaled-store.js'))});
const [root, name] = process.argv.slice(1);
const limits = { quietMs: 20, maxAgeMs: 20, maxBytes: 20000, checkEveryMs: 5, takeOverAfterMs: 15 };
const report = (...words) => writeSync(1, words.join(' ') + '\\n');
(async () => {
  const store = new JournaledStore(new FileObjectStore(root), limits);
  await store.start();
  const work = async (lane) => {
    for (let round = 0; ; round++) {
      const id = [name, lane, round].join('-');
      const text = 'text-of-' + id + '-'.repeat(round % 3 === 0 ? 5000 : 50);
      await store.putWithMarker('r/' + id + '/request', Buffer.from(text), 'p/' + id);
      report('put', id, text);
      const shared = 'shared/' + Math.floor(Math.random() * 300);
      const outcome = await store.putOnce(shared, Buffer.from(id), { journal: true }).catch((error) => error.name);
      if (outcome === 'created') report('created', shared, id);
      await store.delete('p/' + id);
      report('unmarked', id);
      if (round % 4 !== 0) continue;
      report('deleting', id);
      await store.deletePrefix('r/' + id + '/');
      report('deleted', id);
    }
  };
  await Promise.all([0, 1, 2, 3].map(work));
})().catch((error) => { console.error(error); process.exit(1); });
`;

let root: string;
let lines: string[];
let writers: ChildProcess[];
let started: number;
let hasFailed: boolean;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cytoqueue-killed-writers-'));
  lines = [];
  writers = [];
  started = 0;
  hasFailed = false;
});

afterEach(async () => {
  for (const writer of writers) writer.kill('SIGKILL');
  await rm(root, { recursive: true, force: true });
});

function startWriter(): ChildProcess {
  const writer = spawn(process.execPath, ['-e', WRITER, root, `w${started++}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface(writer.stdout!).on('line', (line) => lines.push(line));
  writer.on('exit', (code) => (hasFailed ||= code !== null));
  writers.push(writer);
  return writer;
}

async function kill(writer: ChildProcess): Promise<void> {
  const closed = once(writer, 'close');
  writer.kill('SIGKILL');
  await closed;
  writers = writers.filter((other) => other !== writer);
}

async function untilMoreLines(count: number): Promise<void> {
  const target = lines.length + count;
  await waitUntil(`${count} more operations`, () => {
    if (hasFailed) throw new Error('a writer has failed, see its output');
    return lines.length >= target;
  });
}

async function allBytes(): Promise<string> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(paths.map((path) => readFile(path, 'latin1')))).join('\n');
}

test('processes that are stopped and killed at any step lose nothing, and what was deleted stays deleted', async () => {
  for (let index = 0; index < PROCESSES; index++) startWriter();
  for (let index = 0; index < KILLS; index++) {
    await untilMoreLines(LINES_PER_LIFE);
    const stopped = writers[index % PROCESSES]!;
    stopped.kill('SIGSTOP');
    await untilMoreLines(LINES_WHILE_STOPPED);
    stopped.kill('SIGCONT');
    await untilMoreLines(LINES_PER_LIFE);
    await kill(writers[(index + 1) % PROCESSES]!);
    startWriter();
  }
  await Promise.all([...writers].map(kill));

  const store = new JournaledStore(new FileObjectStore(root), {
    quietMs: 0,
    maxAgeMs: 0,
    maxBytes: 0,
    checkEveryMs: 1e9,
    takeOverAfterMs: 0,
  });
  await store.start();
  // First as the killed processes left it, then with everything stored as files.
  await assertNothingLost(store);
  await store.stop();
  const files = new FileObjectStore(root);
  await assertNothingLost(files);
  expect(await readdir(join(root, '.journal'))).toHaveLength(1);
}, 120_000);

/** Compares what is stored with what the writers have reported. */
async function assertNothingLost(store: FileObjectStore | JournaledStore): Promise<void> {
  const words = lines.map((line) => line.split(' '));
  const reported = (kind: string) =>
    words.filter(([first]) => first === kind).map(([, id, text]) => ({ id: id!, text }));
  const read = (key: string) =>
    store.get(key).then(String, (error: unknown) => {
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    });
  const deleting = new Set(reported('deleting').map(({ id }) => id));
  const deleted = reported('deleted').map(({ id }) => id);
  expect(deleted.length).toBeGreaterThan(KILLS);
  const wrong: string[] = [];
  for (const { id, text } of reported('put')) {
    const found = await read(`r/${id}/request`);
    // A deletion was perhaps under way when the process was killed.
    if (found !== text && !(found === undefined && deleting.has(id))) wrong.push(`lost: ${id}`);
  }
  for (const id of deleted) if ((await read(`r/${id}/request`)) !== undefined) wrong.push(`not deleted: ${id}`);
  const created = reported('created');
  expect(new Set(created.map(({ id }) => id)).size).toBe(created.length);
  for (const { id, text } of created) if ((await read(id)) !== text) wrong.push(`replaced: ${id}`);
  expect(wrong).toEqual([]);
  const left = new Set(Array.from((await allBytes()).matchAll(/text-of-(w\d+-\d+-\d+)-/g), ([, id]) => id!));
  expect(left.size).toBeGreaterThan(0);
  expect(deleted.filter((id) => left.has(id))).toEqual([]);
}
