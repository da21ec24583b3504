import { ObjectCorruptError, ObjectNotFoundError } from '../../errors';
import { checkKey } from '../../key-validation';
import { undefinedIfMissing } from '../../undefined-if-missing';
import { mapWriteErrors } from '../file-errors';
import type { FileObjectStore } from '../file-object-store';
import type { Journal } from './journal';
import type { Entry } from './segment';

/** Finds objects that are in the journal, a file, or both. */
export class Lookup {
  private wasRefreshed = false;

  constructor(
    private readonly journal: Journal,
    private readonly files: FileObjectStore,
  ) {}

  async refresh(): Promise<void> {
    await mapWriteErrors(() => this.journal.refresh());
    this.wasRefreshed = true;
  }

  /** Like `find`, where `fromFile` may throw an `ObjectNotFoundError`. @throws ObjectNotFoundError */
  async read<T>(key: string, fromEntry: (entry: Entry) => Promise<T>, fromFile: () => Promise<T>): Promise<T> {
    const found = await this.find(key, fromEntry, () => undefinedIfMissing(fromFile()));
    if (found === undefined) throw new ObjectNotFoundError(key);
    return found;
  }

  /**
   * Finds an object among the files, where it counts first, or in the journal. It may move to the files between the two
   * looks, and a deletion may overtake the read.
   */
  async find<T>(
    key: string,
    fromEntry: (entry: Entry) => Promise<T>,
    fromFile: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    checkKey(key);
    for (;;) {
      // Finds what is in the journal without a look for a file. The first one is needed: only of a segment that this
      // process knows does it see that it is retired.
      if (!this.journal.isEmpty || !this.wasRefreshed) await this.refresh();
      const { retirementCount } = this.journal;
      if (!(await this.isOnlyInJournal(key))) {
        const found = await fromFile();
        if (found !== undefined) return found;
        await this.refresh();
      }
      // Something became a file between the two looks: look again.
      if (retirementCount !== this.journal.retirementCount) continue;
      const entry = this.journal.find(key);
      if (entry === undefined) return undefined;
      try {
        return await mapWriteErrors(() => fromEntry(entry));
      } catch (error) {
        if (!(error instanceof ObjectCorruptError)) throw error;
        await this.refresh();
        if (this.journal.find(key) === entry) throw error;
      }
    }
  }

  async entriesBelow(prefix: string): Promise<Entry[]> {
    await this.refresh();
    return this.journal.entriesBelow(prefix);
  }

  /**
   * Whether there is no file of an object that is in the journal. While segments are stored as files, which locks
   * folders, that is looked up on another thread.
   */
  async hasNoFile(key: string): Promise<boolean> {
    if (this.journal.closedSegments.length === 0 && this.files.isAbsentSync(key)) return true;
    return (await this.files.head(key)) === undefined;
  }

  /** Whether the journal has the object and there is no file. Cheaper than a read that fails. */
  private async isOnlyInJournal(key: string): Promise<boolean> {
    const entry = this.journal.find(key);
    return entry !== undefined && (entry.isOnly || (await this.hasNoFile(key)));
  }
}
