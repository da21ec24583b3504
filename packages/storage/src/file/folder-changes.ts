import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { isLocalFileSystem } from './local-file-system';

/** The kernel queues about 16,000 changes and silently drops the rest. */
const MAX_CHANGES = 4_000;

/** Collects the names that any process created, removed or renamed in a folder, until they are drained. */
export class FolderChanges {
  private names = new Set<string>();
  private isComplete = true;

  private constructor(
    private readonly watcher: FSWatcher,
    private readonly folder: string,
  ) {
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
    this.watcher.close();
  }

  private addChange(event: string, name: string | Buffer | null): void {
    if (event !== 'rename') return;
    // The folder's own name means that the folder was removed or renamed.
    if (name === null || name === basename(this.folder) || this.names.size >= MAX_CHANGES) return this.close();
    this.names.add(name.toString());
  }
}
