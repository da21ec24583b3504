import { readFileSync, readlinkSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuxiliaryFile } from './auxiliary-file';
import { terminateProcess, processIdentity, isRunning, type ProcessId } from './process-identity';

const GRACE_MS = 5_000;

/**
 * Lists the started processes in DATA_DIR, so that the stack that starts after a kill finds the processes that the
 * killed one left running. Written on every change before anything else happens. On a full disk it is
 * written as soon as there is room.
 */
export class ProcessRecord {
  readonly #file: AuxiliaryFile;
  #running: ProcessId[] = [];

  constructor(dataDir: string, onFailure: (error: Error) => void) {
    this.#file = new AuxiliaryFile(() => writeRecord(recordFile(dataDir), this.#running), onFailure);
  }

  add(pid: number): void {
    const id = processIdentity(pid);
    if (id === undefined) return;
    this.#running.push(id);
    this.#file.save();
  }

  remove(pid: number): void {
    this.#running = this.#running.filter((id) => id.pid !== pid);
    this.#file.save();
  }
}

function writeRecord(file: string, running: readonly ProcessId[]): void {
  if (running.length === 0) return rmSync(file, { force: true });
  writeFileSync(`${file}.tmp`, JSON.stringify(running));
  renameSync(`${file}.tmp`, file);
}

/**
 * Ends the processes that a killed stack on `dataDir` left: two redis-servers would corrupt one append-only file, and
 * the old API may still hold the port. Call it under the lock. Redis ends last, because the services need it to return
 * their jobs.
 * @returns number of ended processes
 */
export async function terminateOrphans(dataDir: string): Promise<number> {
  const redis = findRedis(dataDir);
  const services = readRecord(dataDir).filter((id) => isRunning(id) && id.pid !== redis?.pid);
  await Promise.all(services.map((id) => terminateProcess(id, GRACE_MS)));
  if (redis !== undefined) await terminateProcess(redis, GRACE_MS);
  rmSync(recordFile(dataDir), { force: true });
  return services.length + (redis === undefined ? 0 : 1);
}

function recordFile(dataDir: string): string {
  return join(dataDir, 'processes.json');
}

function readRecord(dataDir: string): ProcessId[] {
  try {
    return JSON.parse(readFileSync(recordFile(dataDir), 'utf8')) as ProcessId[];
  } catch {
    return [];
  }
}

/**
 * The redis-server that works in DATA_DIR/redis, by its own pid file: it may be missing from the record when the stack
 * was killed between starting it and recording it. Its working directory identifies it.
 */
function findRedis(dataDir: string): ProcessId | undefined {
  const dir = join(dataDir, 'redis');
  try {
    const pid = Number(readFileSync(join(dir, 'redis.pid'), 'utf8'));
    const id = processIdentity(pid);
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dir) ? id : undefined;
  } catch {
    return undefined;
  }
}
