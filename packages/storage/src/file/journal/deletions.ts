import { mapWriteErrors } from '../file-errors';
import type { Journal } from './journal';
import type { LateDeletions } from './late-deletions';
import type { Lookup } from './lookup';
import type { SegmentStorer } from './segment-storer';

const EMPTY = Buffer.alloc(0);

/**
 * Deletes objects from the journal. Waits for those that become files meanwhile, so that the caller can delete the
 * files.
 */
export class Deletions {
  constructor(
    private readonly journal: Journal,
    private readonly lookup: Lookup,
    private readonly storer: SegmentStorer,
    private readonly lateDeletions: LateDeletions,
  ) {}

  /**
   * Deletes objects, whose bytes are gone then: overwritten or, if the object may become a file, after its segment was
   * stored, so that the file can be deleted.
   * @returns the markers that cannot have a file
   */
  async delete(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const markers = new Set<string>();
    const waited: string[] = [];
    const isMarker = (key: string): boolean => this.journal.find(key)?.size === 0;
    if (!keys.every(isMarker)) await this.lookup.refresh();
    for (const key of keys) await this.storeClosedBody(key);
    const only = new Set(keys.filter((key) => this.journal.find(key)?.isOnly === true));
    await this.removeFromJournal(keys);
    for (const key of keys) {
      const removed = this.journal.findRemoved(key);
      const wasMarker = removed.length > 0 && removed.every(({ bodies }) => bodies.every(({ size }) => size === 0));
      const segments = removed.filter(({ mayBecomeFile }) => mayBecomeFile).map(({ segment }) => segment);
      if (wasMarker && segments.length === 0 && only.has(key)) markers.add(key);
      if (wasMarker) for (const segment of segments) this.lateDeletions.add(segment, key);
      else for (const segment of segments) await this.storer.storeUntilRetired(segment);
      if (!wasMarker && segments.length > 0) waited.push(key);
    }
    await mapWriteErrors(() => this.journal.removeRetired());
    // An object that cannot become a file may have been put into the next segment meanwhile.
    const again = waited.filter((key) => this.journal.find(key) !== undefined);
    if (again.length > 0) await this.delete(again);
    return markers;
  }

  /**
   * Lets an object with bytes become a file if its segment is closed. Before the deletion counts, so that one that fails
   * or is interrupted while it waits has had no effect.
   */
  private async storeClosedBody(key: string): Promise<void> {
    for (;;) {
      const { size = 0, segment } = this.journal.find(key) ?? {};
      if (size === 0 || segment?.closedAtMs === undefined) return;
      await this.storer.storeUntilRetired(segment);
    }
  }

  /** Removes objects from the journal, and overwrites their bytes. Those in a closed segment may still become files. */
  async removeFromJournal(keys: readonly string[]): Promise<void> {
    const present = keys.filter((key) => this.journal.find(key) !== undefined);
    await mapWriteErrors(() => this.journal.append(present.map((key) => ({ type: 'delete', key, body: EMPTY }))));
    // Also what an earlier deletion has left, whose process may have been killed.
    for (const { segment, bodies, mayBecomeFile } of keys.flatMap((key) => this.journal.findRemoved(key)))
      if (!mayBecomeFile && bodies.some(({ size }) => size > 0))
        await mapWriteErrors(() => this.journal.folders.erase(segment.number, bodies));
  }
}
