import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';

/** The tmpfs at /tmp that the task definitions and docker-compose.yml give a service. */
const TMP_BYTES = 64 * 1024 * 1024;
const NODE_FOLDER = '/opt/node/bin';

type Mounts = Readonly<Record<string, string>>;

/** A process in a sandbox, with its own pid rather than that of bubblewrap. */
export interface Sandboxed {
  readonly pid: number;
  readonly isRunning: () => boolean;
  readonly output: () => string;
  /** The exit status of the process, or 128 and the signal that ended it. */
  readonly exited: Promise<number>;
}

/**
 * Runs a line of a Dockerfile with this machine's programs and these folders at their places.
 * @throws Error with its output when it fails
 */
export async function runBuildLine(line: string, writable: Mounts, readOnly: Mounts, npmCache: string): Promise<void> {
  const places = readdirSync('/')
    .filter((name) => !['proc', 'dev', 'tmp', 'app', 'image'].includes(name))
    .map((name) => `/${name}`);
  const node = dirname(process.execPath);
  const { exited, output } = await runInSandbox([
    ...systemMounts(places),
    '--tmpfs',
    '/tmp',
    '--ro-bind',
    node,
    node,
    '--bind',
    npmCache,
    npmCache,
    ...mounts('--ro-bind', readOnly),
    ...mounts('--bind', writable),
    '--remount-ro',
    '/',
    '--chdir',
    '/app',
    '--setenv',
    'PATH',
    `${node}:${process.env['PATH']}`,
    '--setenv',
    'npm_config_cache',
    npmCache,
    '/bin/sh',
    '-ec',
    line,
  ]);
  if ((await exited) !== 0) throw new Error(`${line}\n${output()}`);
}

/**
 * Starts a command as a container of a service runs: read-only root, uid 1000, no capabilities, nothing to write to but
 * a small
 * /tmp and the given folders.
 */
export function runService(
  command: readonly string[],
  image: string,
  environment: Readonly<Record<string, string>>,
  writable: Mounts,
): Promise<Sandboxed> {
  const places = ['/usr', '/etc', '/bin', '/sbin', '/lib', '/lib64', '/lib32', '/libx32'].filter((folder) =>
    existsSync(folder),
  );
  return runInSandbox([
    '--uid',
    '1000',
    '--gid',
    '1000',
    '--cap-drop',
    'ALL',
    ...systemMounts(places),
    '--size',
    String(TMP_BYTES),
    '--tmpfs',
    '/tmp',
    '--ro-bind',
    process.execPath,
    join(NODE_FOLDER, 'node'),
    '--ro-bind',
    image,
    '/app',
    ...mounts('--bind', writable),
    '--remount-ro',
    '/',
    '--chdir',
    '/app',
    '--clearenv',
    '--setenv',
    'PATH',
    `${NODE_FOLDER}:/usr/bin`,
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...command,
  ]);
}

async function runInSandbox(args: readonly string[]): Promise<Sandboxed> {
  const child = spawn('bwrap', ['--die-with-parent', '--unshare-user', '--info-fd', '3', ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    (stream as Readable).setEncoding('utf8').on('data', (more: string) => (output += more));
  const exited = once(child, 'close').then(([code]) => code as number);
  const pid = await pidInside(child);
  return { pid, isRunning: () => child.exitCode === null && child.signalCode === null, output: () => output, exited };
}

/**
 * From the JSON that bubblewrap writes in pieces. The pipe stays open: bubblewrap would die of writing to a closed one.
 */
function pidInside(child: ChildProcess): Promise<number> {
  let text = '';
  const information = (child.stdio[3] as Readable).setEncoding('utf8');
  return new Promise((resolve, reject) => {
    information.on('data', (more: string) => {
      text += more;
      if (text.includes('}')) resolve((JSON.parse(text) as { 'child-pid': number })['child-pid']);
    });
    child.once('error', reject);
    child.once('exit', () =>
      reject(new Error('bubblewrap could not make a sandbox: is it installed, and are user namespaces allowed here?')),
    );
  });
}

function mounts(flag: string, folders: Mounts): string[] {
  return Object.entries(folders).flatMap(([inside, outside]) => [flag, outside, inside]);
}

function systemMounts(places: readonly string[]): string[] {
  const folders = places.flatMap((place) =>
    lstatSync(place).isSymbolicLink() ? ['--symlink', readlinkSync(place), place] : ['--ro-bind', place, place],
  );
  return [...folders, '--proc', '/proc', '--dev', '/dev'];
}
