import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runProgram } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';
import { runCommand } from './command.test.fixtures';

/*
 * Output files of the command. The API is a test server that serves one fixed file and cuts the response off, or never
 * ends it, where a test needs that.
 */

const CLI = join(ROOT, 'packages/client/bin/cytoqueue.js');
const FILE = Buffer.from(`id,row\n${Array.from({ length: 20_000 }, (_, i) => `r${i},${i + 1}\n`).join('')}`);
const SHA256 = createHash('sha256').update(FILE).digest('hex');

let server: Server;
let url: string;
let folder: string;
/** Bytes that each download sends before it is cut off; the whole file when the list is empty. */
let breaks: number[];
let isEndless: boolean;
let ranges: (string | undefined)[];

beforeAll(async () => {
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = FILE.subarray(from);
    response.writeHead(from === 0 ? 200 : 206, {
      'Content-Type': 'text/csv',
      ETag: `"${SHA256}"`,
      'Content-Length': isEndless ? rest.length + 1 : rest.length,
    });
    const sent = breaks.shift();
    if (sent !== undefined) response.write(rest.subarray(0, sent), () => response.destroy());
    else if (isEndless) response.write(rest);
    else response.end(rest);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cytoqueue-output-'));
  breaks = [];
  ranges = [];
  isEndless = false;
});

afterEach(() => rmSync(folder, { recursive: true }));

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const environment = () => ({ CYTOQUEUE_URL: url, CYTOQUEUE_API_KEY: 'cq_test' });
const pathOf = (name: string): string => join(folder, name);

async function save(...output: string[]) {
  const program = runProgram(process.execPath, [CLI, 'results', 'batch_1', ...output], environment());
  return { status: await program.exited, out: program.stdout() };
}

/** Like `save`, for an output that is a file. */
const saveFile = (...output: string[]) => runCommand(environment(), 'results', 'batch_1', ...output);

/** Runs the command in a shell, to test redirection. */
async function shell(command: string): Promise<{ status: number; out: Buffer }> {
  const child = spawn('sh', ['-c', command], {
    env: { ...process.env, ...environment(), NODE: process.execPath, CLI, FOLDER: folder },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const out: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
  const [status] = (await once(child, 'close')) as [number];
  return { status, out: Buffer.concat(out) };
}

test.each(['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'])(
  '-o %s writes the file, and nothing else, to standard output',
  async (path) => {
    const isLink = (): boolean => existsSync(path) && lstatSync(path).isSymbolicLink();
    const before = isLink();
    expect((await save('-o', path)).out).toBe(FILE.toString());
    expect((await shell(`"$NODE" "$CLI" results batch_1 -o ${path} > "$FOLDER/redirected.csv"`)).status).toBe(0);
    expect(readFileSync(pathOf('redirected.csv')).equals(FILE)).toBe(true);
    expect((await shell(`"$NODE" "$CLI" results batch_1 -o ${path} | cat`)).out.equals(FILE)).toBe(true);
    expect(isLink()).toBe(before);
    expect(readdirSync(folder)).toEqual(['redirected.csv']);
  },
);

test('a link to standard output is written through', async () => {
  symlinkSync('/dev/stdout', pathOf('link'));
  expect((await save('-o', pathOf('link'))).out).toBe(FILE.toString());
  expect(lstatSync(pathOf('link')).isSymbolicLink()).toBe(true);
});

test('a named pipe and a device can be the output', async () => {
  execFileSync('mkfifo', [pathOf('pipe')]);
  const { out } = await shell('"$NODE" "$CLI" results batch_1 -o "$FOLDER/pipe" & cat "$FOLDER/pipe"; wait');
  expect(out.equals(FILE)).toBe(true);
  expect(lstatSync(pathOf('pipe')).isFIFO()).toBe(true);
  symlinkSync('/dev/null', pathOf('null'));
  expect((await save('-o', pathOf('null'))).status).toBe(0);
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  expect(readdirSync(folder).toSorted()).toEqual(['null', 'pipe']);
});

test('a symbolic link is kept and its target is written, even if that does not exist yet', async () => {
  mkdirSync(pathOf('elsewhere'));
  writeFileSync(pathOf('elsewhere/old.csv'), 'old', { mode: 0o640 });
  chmodSync(pathOf('elsewhere/old.csv'), 0o640);
  symlinkSync('elsewhere/old.csv', pathOf('first'));
  symlinkSync('first', pathOf('second'));
  symlinkSync(pathOf('elsewhere/new.csv'), pathOf('dangling'));
  for (const link of ['second', 'dangling']) {
    expect((await saveFile('-o', pathOf(link))).status).toBe(0);
    expect(lstatSync(pathOf(link)).isSymbolicLink()).toBe(true);
    expect(readFileSync(pathOf(link)).equals(FILE)).toBe(true);
  }
  expect(statSync(pathOf('elsewhere/old.csv')).mode & 0o777).toBe(0o640);
  expect(statSync(pathOf('elsewhere/new.csv')).mode & 0o777).toBe(0o600);
  expect(readdirSync(pathOf('elsewhere')).toSorted()).toEqual(['new.csv', 'old.csv']);
});

test('an unwritable output is rejected before any request', async () => {
  symlinkSync('loop', pathOf('loop'));
  for (const [path, reason] of [
    [folder, 'is a folder'],
    [pathOf('absent/x.csv'), 'does not exist'],
    [pathOf('loop'), 'is a loop of symbolic links'],
  ] as const) {
    const { status, error } = await saveFile('-o', path);
    expect([status, error]).toEqual([2, expect.stringContaining(reason)]);
  }
  writeFileSync(pathOf('in.csv'), 'V1\n1\n');
  const upload = (...output: string[]) => runCommand(environment(), 'upload', pathOf('in.csv'), ...output);
  for (const output of [
    ['-o', pathOf('absent/x.csv')],
    ['--errors', folder],
    ['-o', pathOf('in.csv')],
    ['-o', pathOf('x.csv'), '--errors', pathOf('x.csv')],
  ]) {
    expect((await upload(...output)).status).toBe(2);
  }
  expect(ranges).toEqual([]);
  expect(readFileSync(pathOf('in.csv'), 'utf8')).toBe('V1\n1\n');
});

test.each(['out.csv', '-'])('a download to %s that breaks off is continued where it broke off', async (name) => {
  breaks = [50_000, 1, 30_000];
  const { status, out } = await save('-o', name === '-' ? '-' : pathOf(name));
  expect(status).toBe(0);
  expect((name === '-' ? Buffer.from(out) : readFileSync(pathOf(name))).equals(FILE)).toBe(true);
  expect(ranges.length).toBeGreaterThanOrEqual(2);
  expect(ranges.slice(1).every((range) => /^bytes=\d+-$/.test(range ?? 'bytes=0-'))).toBe(true);
});

test.each([
  [['SIGINT'], [130]],
  [['SIGTERM'], [143]],
  [['SIGHUP'], [129]],
  [['SIGQUIT'], [131]],
  [
    ['SIGINT', 'SIGTERM'],
    [130, 143],
  ],
  [
    ['SIGTERM', 'SIGQUIT', 'SIGINT'],
    [130, 131, 143],
  ],
] as const)('%j in a download leaves no part of it', async (signals, expected) => {
  isEndless = true;
  writeFileSync(pathOf('out.csv'), 'old');
  const program = runProgram(process.execPath, [CLI, 'results', 'batch_1', '-o', pathOf('out.csv')], environment());
  await waitUntil('a part is written', () =>
    readdirSync(folder).some((name) => name.endsWith('.part') && statSync(pathOf(name)).size === FILE.length),
  );
  for (const signal of signals) program.process.kill(signal);
  expect(expected).toContain(await program.exited);
  expect(readdirSync(folder)).toEqual(['out.csv']);
  expect(readFileSync(pathOf('out.csv'), 'utf8')).toBe('old');
});

test('the command ends when the reader of its output has ended', async () => {
  isEndless = true;
  const { status } = await shell(
    '{ "$NODE" "$CLI" results batch_1 -o -; echo "$?" > "$FOLDER/status"; } | head -c 10 > /dev/null',
  );
  expect(status).toBe(0);
  await waitUntil(
    'the command has ended',
    () => existsSync(pathOf('status')) && readFileSync(pathOf('status'), 'utf8') !== '',
  );
  expect(readFileSync(pathOf('status'), 'utf8').trim()).toBe('141');
});
