import { constants } from 'node:fs';
import { errorCode } from './file-errors';
import { closeFd, openFd, syncFd } from './fs-callbacks';

/** Makes the names in a directory durable. A directory that is gone has none to lose. */
async function fsyncDirectory(path: string): Promise<void> {
  try {
    const fd = await openFd(path, constants.O_RDONLY | constants.O_DIRECTORY, 0);
    try {
      await syncFd(fd);
    } finally {
      await closeFd(fd);
    }
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

interface Syncs {
  running: Promise<void>;
  queued?: Promise<void>;
}

/**
 * Shares the fsyncs of one directory. A sync that is under way may have missed a name that was just made, so later
 * callers wait for the one after it, all of them for the same.
 */
export class DirectorySync {
  private readonly syncs = new Map<string, Syncs>();

  /** Resolves when every name made in `path` before the call is durable. */
  sync(path: string): Promise<void> {
    const syncs = this.syncs.get(path);
    if (!syncs) return this.run(path);
    syncs.queued ??= syncs.running.catch(() => undefined).then(() => this.run(path));
    return syncs.queued;
  }

  private run(path: string): Promise<void> {
    const syncs: Syncs = { running: fsyncDirectory(path) };
    this.syncs.set(path, syncs);
    const forget = () => {
      if (!syncs.queued) this.syncs.delete(path);
    };
    syncs.running.then(forget, forget);
    return syncs.running;
  }
}
