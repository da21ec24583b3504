import { type FSWatcher, watch } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { basename } from 'node:path';

/** Local file systems, where the kernel reports the changes of every process: ext4, XFS, btrfs, tmpfs. Not those of a network. */
const WATCHABLE_FILE_SYSTEMS = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994]);
/** The kernel queues some 16,000 and drops the rest without a word. */
const MAX_CHANGES = 4_000;

/** Names that were made, removed or renamed in a folder, by any process, since they were last taken. */
export class FolderChanges {
  private names = new Set<string>();
  private isComplete = true;

  private constructor(
    private readonly watcher: FSWatcher,
    private readonly folder: string,
  ) {
    watcher.on('change', (event, name) => this.addChange(event, name)).on('error', () => this.close());
  }

  /** Undefined where changes are not reported reliably, or the system allows no more watches. */
  static async open(folder: string): Promise<FolderChanges | undefined> {
    try {
      return WATCHABLE_FILE_SYSTEMS.has((await statfs(folder)).type)
        ? new FolderChanges(watch(folder, { persistent: false }), folder)
        : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Those made before the call. Undefined when some may be missing: then the folder must be read, and watched anew.
   * The event loop takes the kernel's reports before it gets to an immediate.
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
    // The folder's own name: it was itself removed or renamed.
    if (name === null || name === basename(this.folder) || this.names.size >= MAX_CHANGES) return this.close();
    this.names.add(name.toString());
  }
}
