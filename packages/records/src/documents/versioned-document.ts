import type { Shape } from './document-shapes';
import {
  ObjectMismatchError,
  ObjectNotFoundError,
  listAll,
  type ObjectInfo,
  type ObjectStore,
} from '@cytoqueue/storage';
import { ObjectKeys } from '../object-keys';
import { readDocument } from './read-document';
import { putDocumentOnce } from './write-document';

/** Longer than any update takes, so no writer can write a deleted version again. */
const DEFAULT_REPLACED_TTL_MS = 24 * 60 * 60_000;
/** Kept by `replace`, so that many changes within a day do not make each read and write list more and more of them. */
const MAX_VERSIONS = 100;
const MAX_ATTEMPTS = 50;

/** Concurrent updates prevented this update in every attempt. Retryable. */
export class DocumentChangedError extends Error {
  override readonly name = 'DocumentChangedError';
  readonly code = 'document-changed';
}

export interface DocumentVersion<T> {
  /** 0 when there is no document yet. */
  readonly number: number;
  readonly value: T | undefined;
}

/**
 * A document with compare-and-swap updates on any store. Each version is a numbered write-once object below `prefix`; the latest
 * one is current. If two writers have read the same version, one writes the next and the other reads again, so no update is
 * lost. A version is deleted a day, or `replacedTtlMs`, after it was replaced.
 */
export class VersionedDocument<T extends object> {
  /** @param prefix ends in `/` */
  constructor(
    private readonly store: ObjectStore,
    private readonly prefix: string,
    private readonly shape: Shape<T>,
    private readonly replacedTtlMs = DEFAULT_REPLACED_TTL_MS,
  ) {}

  /** Reads the latest version, never an earlier one. @throws ObjectCorruptError when it is damaged */
  async read(): Promise<DocumentVersion<T>> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.open((await this.versions()).at(-1)?.number ?? 0);
      } catch (error) {
        // Replaced many times since it was listed: a newer one is there.
        if (!(error instanceof ObjectNotFoundError) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** Reads one version by number. @throws ObjectCorruptError, ObjectNotFoundError */
  async open(number: number): Promise<DocumentVersion<T>> {
    if (number === 0) return { number, value: undefined };
    return { number, value: await readDocument(this.store, this.keyOf(number), this.shape) };
  }

  /**
   * Replaces the document by `change(latest)`. Calls `change` again when another writer was first. An error of `change` ends the
   * update. Durable when resolved.
   * @param change returns undefined to keep the document
   * @throws ObjectCorruptError, DocumentChangedError
   */
  async update(change: (before: T | undefined) => T | undefined | Promise<T | undefined>): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const versions = await this.versions();
      const { number, value } = await this.open(versions.at(-1)?.number ?? 0);
      const next = await change(value);
      if (next === undefined) return;
      if (!(await this.putNext(number + 1, next))) continue;
      await this.deleteReplaced(versions);
      return;
    }
    throw new DocumentChangedError('concurrent updates replaced the document; try again');
  }

  /**
   * Replaces the document whatever its newest version holds, also a damaged one; the last writer wins, so that early versions can be
   * deleted sooner than after `update`. Durable when resolved. @throws DocumentChangedError
   */
  async replace(value: T): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const versions = await this.versions();
      if (!(await this.putNext((versions.at(-1)?.number ?? 0) + 1, value))) continue;
      await this.deleteReplaced(versions, MAX_VERSIONS - 1);
      return;
    }
    throw new DocumentChangedError('the document was replaced by others again and again');
  }

  /** Deletes what the last update has left: versions whose successor is `replacedTtlMs` old. @returns their number */
  async sweep(nowMs = Date.now()): Promise<number> {
    return this.deleteReplaced(await this.versions(), Infinity, nowMs);
  }

  private async putNext(number: number, value: T): Promise<boolean> {
    try {
      await putDocumentOnce(this.store, this.keyOf(number), value);
      return true;
    } catch (error) {
      if (error instanceof ObjectMismatchError) return false;
      throw error;
    }
  }

  /**
   * Deletes versions whose successor is `replacedTtlMs` old, and all but the newest `kept`. A failed deletion is repeated after a later
   * update or sweep.
   */
  private async deleteReplaced(
    versions: readonly { number: number; info: ObjectInfo }[],
    kept = Infinity,
    nowMs = Date.now(),
  ): Promise<number> {
    const replacedBefore = nowMs - this.replacedTtlMs;
    const old = versions.filter((_, index) => {
      const successor = versions[index + 1];
      const isOld = successor !== undefined && successor.info.modifiedAt.getTime() < replacedBefore;
      return isOld || index < versions.length - kept;
    });
    const deletions = await Promise.allSettled(old.map(({ info }) => this.store.delete(info.key)));
    return deletions.filter(({ status }) => status === 'fulfilled').length;
  }

  private async versions(): Promise<{ number: number; info: ObjectInfo }[]> {
    const versions: { number: number; info: ObjectInfo }[] = [];
    for await (const info of listAll(this.store, this.prefix)) {
      const number = ObjectKeys.parseDocumentVersion(this.prefix, info.key);
      if (number !== undefined) versions.push({ number, info });
    }
    // Keys sort by number only up to 99,999.
    return versions.sort((a, b) => a.number - b.number);
  }

  private keyOf(number: number): string {
    return ObjectKeys.documentVersion(this.prefix, number);
  }
}
