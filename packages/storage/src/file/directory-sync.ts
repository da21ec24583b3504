import { constants } from 'node:fs';
import { errorCode } from './file-errors';
import { closeFd, openFd, syncFd } from './fs-callbacks';

/** Makes the directory's entries durable. A removed directory has no entries to lose. */
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
 * Shares the fsyncs of one directory among concurrent callers. A running fsync may predate a caller's new entry, so callers
 * that arrive during it share the next one.
 */
export class DirectorySync {
  private readonly syncs = new Map<string, Syncs>();

  /** Resolves when every entry created in `path` before the call is durable. */
  sync(path: string): Promise<void> {
    const syncs = this.syncs.get(path);
    if (!syncs) return this.run(path);
    syncs.queued ??= syncs.running.catch(() => undefined).then(() => this.run(path));
    return syncs.queued;
  }

  private run(path: string): Promise<void> {
    const syncs: Syncs = { running: fsyncDirectory(path) };
    this.syncs.set(path, syncs);
    const onEnd = () => {
      if (!syncs.queued) this.syncs.delete(path);
    };
    syncs.running.then(onEnd, onEnd);
    return syncs.running;
  }
}
