import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity, isRunning, type ProcessId } from './process-identity';
import { StackError } from './stack-error';

const ATTEMPTS = 10;

/**
 * Locks `dataDir` for this process and returns the function that releases it. The lock file names its holder;
 * a lock whose holder has ended is taken over.
 * @throws StackError naming the pid when another stack holds it
 */
export function lockDataDir(dataDir: string): () => void {
  const file = join(dataDir, 'stack.lock');
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify(processIdentity(process.pid)), { mode: 0o600 });
  try {
    acquireLock(file, own);
  } finally {
    rmSync(own, { force: true });
  }
  return () => rmSync(file, { force: true });
}

/** A hard link is created atomically and never replaces a file, so that one of two racing stacks wins. */
function acquireLock(file: string, own: string): void {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      return linkSync(own, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(file);
    if (holder !== undefined && isRunning(holder)) throw alreadyRunning(holder, file);
    removeStaleLock(file, `${own}.stale`);
  }
  throw new StackError(`${file} could not be taken: other stacks are starting on the same DATA_DIR`);
}

/** Removes a stale lock; restores one that a faster stack has just created in its place. */
function removeStaleLock(file: string, aside: string): void {
  try {
    renameSync(file, aside);
    const holder = readHolder(aside);
    if (holder !== undefined && isRunning(holder)) linkSync(aside, file);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function readHolder(file: string): ProcessId | undefined {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as ProcessId | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function alreadyRunning(holder: ProcessId, file: string): StackError {
  return new StackError(
    `a stack already runs on this DATA_DIR as process ${holder.pid} (${file}); stop it, or set another DATA_DIR and PORT`,
  );
}
