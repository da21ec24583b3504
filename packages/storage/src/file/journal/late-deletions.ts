import type { FileObjectStore } from '../file-object-store';
import type { Journal } from './journal';
import type { Segment } from './segment';

/** Markers that were deleted while their closed segment was being stored. Their files are deleted once it is retired. */
export class LateDeletions {
  private readonly keysBySegment = new Map<Segment, Set<string>>();

  constructor(
    private readonly journal: Journal,
    private readonly files: FileObjectStore,
  ) {}

  /**
   * Deletes the file of a marker once its segment is stored. Does not wait: the reconciler removes a marker that is
   * left.
   */
  add(segment: Segment, key: string): void {
    this.keysBySegment.set(segment, (this.keysBySegment.get(segment) ?? new Set()).add(key));
    this.deleteFiles().catch(() => undefined);
  }

  /** A key that is put again must not be deleted later. */
  cancel(...keys: readonly string[]): void {
    for (const late of this.keysBySegment.values()) for (const key of keys) late.delete(key);
  }

  /** Deletes the files of markers whose segments are retired. */
  async deleteFiles(): Promise<void> {
    for (const [segment, keys] of this.keysBySegment) {
      if (!segment.isRetired) continue;
      for (const key of keys) {
        if (this.journal.find(key) === undefined) await this.files.delete(key);
        keys.delete(key);
      }
      if (keys.size === 0) this.keysBySegment.delete(segment);
    }
  }
}
