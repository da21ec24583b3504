import { randomBytes } from 'node:crypto';
import {
  type Stats,
  accessSync,
  constants,
  createWriteStream,
  lstatSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { UsageError } from './usage-error';

/** Results are patient data: readable by the owner only. */
const NEW_FILE_MODE = 0o600;
const MAX_LINKS = 40;
const DESCRIPTOR = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/;
const STANDARD: Readonly<Record<string, number>> = { '-': 1, '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2 };

/** Target of a download: an open descriptor, a device or pipe, or a file that is replaced atomically. */
export type OutputTarget =
  | { kind: 'descriptor'; descriptor: number }
  | { kind: 'special'; path: string }
  | { kind: 'file'; path: string; mode: number };

export interface Output {
  stream: Writable;
  /** Renames the complete file to its name. */
  commit: () => Promise<void>;
  /** Removes the partial file, if any. */
  discard: () => Promise<void>;
}

/**
 * Resolves `path`. Follows links, so that a link stays a link. Only a regular file is replaced.
 * @throws UsageError for a folder, a missing folder, or one that cannot be written to
 */
export function resolveOutput(path: string): OutputTarget {
  let resolved = path === '-' ? path : resolve(path);
  for (let links = 0; links <= MAX_LINKS; links++) {
    const descriptor = STANDARD[resolved] ?? DESCRIPTOR.exec(resolved)?.[1];
    if (descriptor !== undefined) return { kind: 'descriptor', descriptor: Number(descriptor) };
    const stats = lstatSync(resolved, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink() !== true) return targetAt(path, resolved, stats);
    resolved = resolve(dirname(resolved), readlinkSync(resolved));
  }
  throw new UsageError(`${path} is a loop of symbolic links; choose another file`);
}

function targetAt(given: string, path: string, stats: Stats | undefined): OutputTarget {
  if (stats?.isDirectory() === true) throw new UsageError(`${given} is a folder; give a file name`);
  if (stats !== undefined && !stats.isFile()) return { kind: 'special', path };
  const folder = dirname(path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(`${given}: folder ${folder} does not exist; create it or choose another file`);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    throw new UsageError(`${given}: no permission to create files in ${folder}; choose another folder`);
  }
  return { kind: 'file', path, mode: stats === undefined ? NEW_FILE_MODE : stats.mode & 0o777 };
}

export function isStdout(path: string | undefined): boolean {
  return path !== undefined && path !== '' && isDescriptor(resolveOutput(path), 1);
}

function isDescriptor(target: OutputTarget, descriptor: number): boolean {
  return target.kind === 'descriptor' && target.descriptor === descriptor;
}

/** Whether two paths name the same file. */
export function isSameFile(path: string, other: string): boolean {
  const [first, second] = [path, other].map((name) => statSync(name, { throwIfNoEntry: false, bigint: true }));
  if (first === undefined || second === undefined) return resolve(path) === resolve(other);
  return first.dev === second.dev && first.ino === second.ino;
}

export function openOutput(target: OutputTarget): Output {
  if (target.kind === 'file') return openFile(target);
  const stream = target.kind === 'special' ? createWriteStream(target.path) : openDescriptor(target.descriptor);
  return { stream, commit: async () => {}, discard: async () => {} };
}

function openDescriptor(descriptor: number): Writable {
  if (descriptor === 1) return process.stdout;
  if (descriptor === 2) return process.stderr;
  return createWriteStream('', { fd: descriptor, autoClose: false });
}

/** A download writes its part all the time, so an older one belongs to a command that was killed. */
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * Writes to a temp file beside the target and renames it at the end: the target is complete or unchanged. An early exit removes the
 * temp file, and the next download to the target removes one of a command that was killed.
 */
function openFile({ path, mode }: Extract<OutputTarget, { kind: 'file' }>): Output {
  removeAbandonedParts(path);
  const partPath = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.part`);
  const removePart = (): void => rmSync(partPath, { force: true });
  process.once('exit', removePart);
  return {
    stream: createWriteStream(partPath, { flags: 'wx', mode, flush: true }),
    commit: () => rename(partPath, path),
    discard: async () => removePart(),
  };
}

function removeAbandonedParts(path: string): void {
  const folder = dirname(path);
  const start = `.${basename(path)}.`;
  for (const name of namesIn(folder)) {
    if (!name.startsWith(start) || !/^[0-9a-f]{8}\.part$/.test(name.slice(start.length))) continue;
    const stats = lstatSync(join(folder, name), { throwIfNoEntry: false });
    if (stats?.isFile() === true && Date.now() - stats.mtimeMs > ABANDONED_AFTER_MS)
      rmSync(join(folder, name), { force: true });
  }
}

/** None for a folder that may be written to but not read. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
