import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { isLocalFileSystem } from './local-file-system';

/** The kernel queues about 16,000 changes of all folders together and drops the rest, which Node.js does not report. */
const MAX_CHANGES = 4_000;

const watched = new Set<FolderChanges>();
/** Changes of all folders in this turn of the event loop. */
let reported = 0;

/** When the queue may have been full, changes of any folder may be missing. */
function countReported(): void {
  if (reported++ === 0) setImmediate(() => (reported = 0));
  if (reported >= MAX_CHANGES) for (const changes of watched) changes.close();
}

/** Collects the names that any process created, removed or renamed in a folder, until they are drained. */
export class FolderChanges {
  private names = new Set<string>();
  private isComplete = true;

  private constructor(
    private readonly watcher: FSWatcher,
    private readonly folder: string,
  ) {
    watched.add(this);
    watcher.on('change', (event, name) => this.addChange(event, name)).on('error', () => this.close());
  }

  /** Returns undefined when the file system reports no changes or the system's watch limit is reached. */
  static async open(folder: string): Promise<FolderChanges | undefined> {
    try {
      return (await isLocalFileSystem(folder))
        ? new FolderChanges(watch(folder, { persistent: false }), folder)
        : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Returns all changes made before the call, or undefined when some may be missing: then read and watch the folder again.
   * Waits for an immediate, because the event loop delivers the kernel's reports before immediates.
   */
  async drain(): Promise<string[] | undefined> {
    await new Promise(setImmediate);
    if (!this.isComplete) return undefined;
    const names = [...this.names];
    this.names = new Set();
    return names;
  }

  close(): void {
    this.isComplete = false;
    watched.delete(this);
    this.watcher.close();
  }

  private addChange(event: string, name: string | Buffer | null): void {
    countReported();
    if (event !== 'rename') return;
    // The folder's own name means that the folder was removed or renamed.
    if (name === null || name === basename(this.folder) || this.names.size >= MAX_CHANGES) return this.close();
    this.names.add(name.toString());
  }
}
