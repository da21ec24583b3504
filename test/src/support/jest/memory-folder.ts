import { accessSync, chmodSync, constants, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning } from '../stack-process';

const MEMORY = '/dev/shm';
/** A whole run holds half a gigabyte at a time. */
const NEEDED_BYTES = 2 * 1024 ** 3;
const PREFIX = 'cytoqueue-tests-';

/**
 * A folder in memory for the temporary files of this run, where creating and flushing thousands of them takes a third of the
 * processor time that it takes on a disk. Undefined where memory has no suitable file system. Removes those
 * of runs that were killed.
 */
export function makeMemoryFolder(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize < NEEDED_BYTES) return undefined;
    for (const name of readdirSync(MEMORY).filter((each) => each.startsWith(PREFIX)))
      if (!isRunning(Number(name.split('-')[2]))) rmSync(join(MEMORY, name), { recursive: true, force: true });
    const folder = mkdtempSync(join(MEMORY, `${PREFIX}${process.pid}-`));
    // Some tests read files as another user.
    chmodSync(folder, 0o711);
    if (allowsPrograms(folder)) return folder;
    rmSync(folder, { recursive: true });
  } catch {
    // No such file system, or not for this user.
  }
  return undefined;
}

/** Containers may forbid programs there, and some tests write one. */
function allowsPrograms(folder: string): boolean {
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 });
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(program);
  }
}
