import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { waitUntil } from '../../../test/src/support/wait-until';
import { LogWriter } from './log-writer';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'log-writer-'));
});

afterEach(() => rmSync(dir, { recursive: true }));

test('lines are written in their order', async () => {
  const file = join(dir, 'log');
  const descriptor = openSync(file, 'a');
  const writer = new LogWriter(descriptor);
  const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i}\n`);
  for (const line of lines) writer.write(line);
  await new Promise<void>((resolve) => writer.flush(resolve));
  closeSync(descriptor);
  expect(readFileSync(file, 'utf8')).toBe(lines.join(''));
});

describe('with a pause after each write', () => {
  const LONG_MS = 3_600_000;
  let descriptor: number;
  let write: jest.SpyInstance;

  beforeEach(() => {
    descriptor = openSync(join(dir, 'log'), 'a');
    write = jest.spyOn(fs, 'write');
  });

  afterEach(() => {
    write.mockRestore();
    closeSync(descriptor);
  });

  const text = () => readFileSync(join(dir, 'log'), 'utf8');

  async function writeDuringPause(pauseMs: number): Promise<LogWriter> {
    const writer = new LogWriter(descriptor, { pauseMs });
    writer.write('first\n');
    await waitUntil('the first line is written', () => text() === 'first\n');
    for (const line of ['second\n', 'third\n', 'fourth\n']) {
      await nextTurn();
      writer.write(line);
    }
    return writer;
  }

  test('the first line is written at once, and those of the pause together', async () => {
    const writer = await writeDuringPause(LONG_MS);
    expect(text()).toBe('first\n');
    await new Promise<void>((resolve) => writer.flush(resolve));
    expect(text()).toBe('first\nsecond\nthird\nfourth\n');
    expect(write).toHaveBeenCalledTimes(2);
    // A flush without lines ends a pause too: its timer must not outlive this test.
    await new Promise<void>((resolve) => writer.flush(resolve));
    expect(write).toHaveBeenCalledTimes(2);
  });

  test('the pause ends by itself', async () => {
    await writeDuringPause(1);
    await waitUntil('all lines are written', () => text() === 'first\nsecond\nthird\nfourth\n');
    expect(write.mock.calls.length).toBeGreaterThanOrEqual(2);
  });

  test('a write that fails after a pause ends the wait of a flush, and no line is written twice', async () => {
    const writer = new LogWriter(descriptor, { pauseMs: LONG_MS, retryMs: 1 });
    writer.write('first\n');
    await waitUntil('the first line is written', () => text() === 'first\n');
    write.mockImplementationOnce((...args: unknown[]) => (args.at(-1) as (error: Error) => void)(new Error('full')));
    writer.write('second\n');
    await new Promise<void>((resolve) => writer.flush(resolve));
    await waitUntil('the line is written again', () => text() !== 'first\n');
    expect(text()).toBe('first\nsecond\n');
    await new Promise<void>((resolve) => writer.flush(resolve));
  });

  test('a process that ends by itself writes the lines of its pause first', () => {
    const source = `
      const { LogWriter } = require(${JSON.stringify(join(__dirname, '../dist/index.js'))});
      const writer = new LogWriter(1, { pauseMs: 100 });
      writer.write('first\\n');
      setTimeout(() => writer.write('second\\n'), 3);`;
    expect(spawnSync(process.execPath, ['-e', source], { encoding: 'utf8' }).stdout).toBe('first\nsecond\n');
  });
});

test('a device that is full drops lines beyond the bound, keeps those within, and never throws', async () => {
  // Every write to /dev/full fails with ENOSPC, as on a full disk.
  const full = openSync('/dev/full', 'w');
  // A retry after this test would write to a file that has been given the same descriptor.
  const writer = new LogWriter(full, { maxWaitingBytes: 100, retryMs: 3_600_000 });
  const writes = () => Array.from({ length: 1_000 }, () => writer.write('0123456789\n'));
  expect(writes).not.toThrow();
  await new Promise<void>((resolve) => writer.flush(resolve));
  closeSync(full);
});

test('a pipe without a reader blocks no caller, and dropped lines are counted when it is read again', async () => {
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = spawn('sh', ['-c', 'exec 3<"$1"; echo open; read -r go; cat <&3', 'sh', pipe], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const descriptor = openSync(pipe, 'w');
  await once(reader.stdout, 'data');
  const recoveries: number[] = [];
  const writer = new LogWriter(descriptor, {
    maxWaitingBytes: 1_000_000,
    onRecovery: (dropped) => recoveries.push(dropped),
  });
  const line = `${'x'.repeat(999)}\n`;
  // Two and a half times what fits into the pipe and the writer together.
  for (let i = 0; i < 2_500; i++) writer.write(line);
  expect(recoveries).toEqual([]);
  let received = 0;
  reader.stdout.on('data', (bytes: Buffer) => (received += bytes.length));
  reader.stdin.end('go\n');
  await waitUntil('the dropped lines are counted', () => recoveries.length > 0);
  await new Promise<void>((resolve) => writer.flush(resolve));
  closeSync(descriptor);
  await once(reader, 'close');
  expect(received / 1_000 + recoveries.reduce((sum, count) => sum + count, 0)).toBe(2_500);
});

test('a reader that has gone is no error', async () => {
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = spawn('sh', ['-c', 'exec 3<"$1"; echo open; read -r go', 'sh', pipe], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const descriptor = openSync(pipe, 'w');
  await once(reader.stdout, 'data');
  reader.stdin.end('\n');
  await once(reader, 'close');
  const writer = new LogWriter(descriptor);
  expect(() => writer.write('one\n')).not.toThrow();
  await new Promise<void>((resolve) => writer.flush(resolve));
  writer.write('two\n');
  await new Promise<void>((resolve) => writer.flush(resolve));
  closeSync(descriptor);
});

test('a process that logs into a pipe still loads a linked package once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'linked-'));
  mkdirSync(join(folder, 'package'));
  writeFileSync(join(folder, 'package', 'index.js'), 'module.exports = __filename;');
  symlinkSync('package', join(folder, 'link'));
  writeFileSync(
    join(folder, 'main.js'),
    `
    const { LogWriter } = require(${JSON.stringify(join(__dirname, '../dist/index.js'))});
    new LogWriter(1);
    process.stderr.write(require('./link/index.js'));`,
  );
  const { stderr } = spawnSync(process.execPath, [join(folder, 'main.js')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(stderr).toBe(realpathSync(join(folder, 'package', 'index.js')));
  rmSync(folder, { recursive: true });
});
