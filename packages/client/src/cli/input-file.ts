import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { StreamedFile } from '../upload';
import { UsageError } from './usage-error';

export interface NamedFile {
  file: StreamedFile;
  /** Undefined for standard input and pipes. */
  filename: string | undefined;
  path: string;
}

/**
 * Opens a file to upload. `-` is standard input. A pipe cannot be read again for a retry, so it is copied to a temp file, readable by
 * the owner only, that is removed when the command exits.
 * @throws UsageError for a folder or a missing file
 */
export async function openInput(path: string, signal: AbortSignal): Promise<NamedFile> {
  if (path === '-') return spool(process.stdin, signal);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new UsageError(`${path} does not exist; give a file, or - for standard input`);
  if (stats.isDirectory()) throw new UsageError(`${path} is a folder; give a file`);
  if (stats.isFile()) return { path, file: openFile(path), filename: basename(path) };
  return spool(createReadStream(path), signal);
}

async function spool(source: NodeJS.ReadableStream, signal: AbortSignal): Promise<NamedFile> {
  const path = join(tmpdir(), `cytoqueue-${randomUUID()}`);
  process.once('exit', () => rmSync(path, { force: true }));
  await pipeline(source, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal });
  return { path, file: openFile(path), filename: undefined };
}

/** Opens a regular file, which is read in pieces and again for each attempt. @throws the file system's error */
export function openFile(path: string): StreamedFile {
  const { size } = statSync(path);
  return { size, stream: () => createReadStream(path, { highWaterMark: 256 * 1024 }) };
}
