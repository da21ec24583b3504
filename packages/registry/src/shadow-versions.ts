import { randomUUID } from 'node:crypto';
import {
  type ModelPin,
  ObjectKeys,
  type ShadowCountsDocument,
  type ShadowDocument,
  VersionedDocument,
  shadowCountsShape,
  shadowShape,
} from '@cytoqueue/records';
import { ObjectCorruptError, type ObjectStore } from '@cytoqueue/storage';
import { BriefCache } from './brief-cache';

/** Late redeliveries of a batch find it among these. */
const REMEMBERED_BATCHES = 500;

/** Rows that a shadow version and a champion put into the same class, and rows that they did not. */
export interface ShadowCounts {
  agreed: number;
  disagreed: number;
}

/**
 * Versions that score batches beside the champion, one per model name. Only counts are kept, by the champion's version: those
 * of another champion are never mixed with them. The counts of a batch and the batch's id are replaced in one write, so
 * each batch counts once, however often it is delivered.
 */
export class ShadowVersions {
  private readonly recent = new BriefCache<ShadowDocument | undefined>();

  constructor(private readonly store: ObjectStore) {}

  /** @returns undefined when the model has no shadow version @throws ObjectCorruptError */
  async find(name: string): Promise<ShadowDocument | undefined> {
    const { value } = await this.settingOf(name).read();
    return value === undefined || value.ended ? undefined : value;
  }

  /** Returns what `find` gave within the last second: one read for many batches. @throws ObjectCorruptError */
  findRecent(name: string): Promise<ShadowDocument | undefined> {
    return this.recent.get(name, () => this.find(name));
  }

  /** Keeps the counts when the same version is set again; replaces a damaged setting. Durable when resolved. */
  async set(model: ModelPin): Promise<ShadowDocument> {
    const next: ShadowDocument = { id: randomUUID(), model, since: new Date().toISOString(), ended: false };
    const found: { before?: ShadowDocument } = {};
    try {
      await this.settingOf(model.name).update((before) => {
        found.before = before;
        return isSame(before, model) ? undefined : next;
      });
    } catch (error) {
      if (!(error instanceof ObjectCorruptError)) throw error;
      await this.settingOf(model.name).replace(next);
    }
    this.recent.delete(model.name);
    const { before } = found;
    if (before === undefined) return next;
    if (isSame(before, model)) return before;
    await this.deleteCounts(before.id);
    return next;
  }

  /** Ends the shadow and deletes its counts. @returns whether there was one */
  async end(name: string): Promise<boolean> {
    const found: { before?: ShadowDocument } = {};
    await this.settingOf(name).update((before) => {
      found.before = before;
      return before === undefined || before.ended ? undefined : { ...before, ended: true };
    });
    this.recent.delete(name);
    // A repeated end completes one that was interrupted.
    if (found.before !== undefined) await this.deleteCounts(found.before.id);
    return found.before?.ended === false;
  }

  async readCounts(id: string, championVersion: string): Promise<ShadowCounts> {
    const { agreed, disagreed } = (await this.countsOf(id, championVersion).read()).value ?? {
      agreed: 0,
      disagreed: 0,
    };
    return { agreed, disagreed };
  }

  /**
   * Adds the counts of a batch unless it was counted before. Counts of a shadow that has ended meanwhile are deleted.
   * @returns whether they were added now
   */
  async addCounts(
    shadow: ShadowDocument,
    championVersion: string,
    batchId: string,
    { agreed, disagreed }: ShadowCounts,
  ): Promise<boolean> {
    let isAdded = false;
    await this.countsOf(shadow.id, championVersion).update((before) => {
      const { batches, ...sums } = before ?? { agreed: 0, disagreed: 0, batches: [] };
      isAdded = !batches.includes(batchId);
      return isAdded
        ? {
            agreed: sums.agreed + agreed,
            disagreed: sums.disagreed + disagreed,
            batches: [...batches, batchId].slice(-REMEMBERED_BATCHES),
          }
        : undefined;
    });
    // The end of a shadow is stored before its counts are deleted, so at least one of the two deletes these.
    if ((await this.find(shadow.model.name))?.id !== shadow.id) await this.deleteCounts(shadow.id);
    return isAdded;
  }

  private async deleteCounts(id: string): Promise<void> {
    await this.store.deletePrefix(ObjectKeys.shadowCountsRoot(id));
  }

  private settingOf(name: string): VersionedDocument<ShadowDocument> {
    return new VersionedDocument(this.store, ObjectKeys.shadowSettingFolder(name), shadowShape);
  }

  private countsOf(id: string, championVersion: string): VersionedDocument<ShadowCountsDocument> {
    return new VersionedDocument(this.store, ObjectKeys.shadowCountsFolder(id, championVersion), shadowCountsShape);
  }
}

function isSame(shadow: ShadowDocument | undefined, { digest }: ModelPin): boolean {
  return shadow !== undefined && !shadow.ended && shadow.model.digest === digest;
}
