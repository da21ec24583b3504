import { StoreFullError, StoreUnavailableError } from '../../errors';
import { type StoreFinding, toStoreFinding } from '../../store-finding';
import { mapWriteErrors, toStoreError } from '../file-errors';
import type { FileObjectStore } from '../file-object-store';
import type { Journal } from './journal';
import type { LateDeletions } from './late-deletions';
import type { JournalLimits } from './limits';
import type { Lookup } from './lookup';
import type { Segment } from './segment';
import { storeSegment } from './store-segment';

const RETRY_AFTER_MS = 10_000;
const MAX_BYTES_AT_STOP = 8 * 1024 * 1024;

/**
 * Closes segments and stores them as files: when they are due, when a deletion waits for it, and when the store is
 * stopped.
 */
export class SegmentStorer {
  private timer: NodeJS.Timeout | undefined;
  private storing: Promise<void> | undefined;
  private mayStore = true;
  /** Why the journal could not be stored at the last attempt. */
  private failure: { error: unknown; retryAtMs: number } | undefined;
  /** Why an object has stayed in the journal, while others became files. */
  private unstorable: unknown;

  constructor(
    private readonly journal: Journal,
    private readonly lookup: Lookup,
    private readonly files: FileObjectStore,
    private readonly limits: JournalLimits,
    private readonly lateDeletions: LateDeletions,
  ) {}

  /** Makes a stopped storer usable again. */
  start(): void {
    this.mayStore = true;
  }

  /** Checks from now on whether a segment is due. */
  startTimer(): void {
    this.timer ??= setInterval(() => void this.storeWhenDue(), this.limits.checkEveryMs).unref();
  }

  get hasTimer(): boolean {
    return this.timer !== undefined;
  }

  /** Stores what the journal holds, if the timer was started and that takes no longer than about a second. */
  async stop(): Promise<void> {
    const { hasTimer } = this;
    clearInterval(this.timer);
    this.timer = undefined;
    // Otherwise another process stores it, or the next start.
    this.mayStore = this.journal.bytes <= MAX_BYTES_AT_STOP;
    await this.storing?.catch(() => undefined);
    if (hasTimer && this.mayStore) await this.storeAll().catch(() => undefined);
  }

  /** Why objects stay in the journal. */
  findings(): StoreFinding[] {
    const error = this.failure?.error ?? this.unstorable;
    if (error === undefined) return [];
    return [{ ...toStoreFinding('store the journal as files', asStoreError(error)), kind: 'warning' }];
  }

  async storeUntilRetired(segment: Segment): Promise<void> {
    while (!segment.isRetired) await mapWriteErrors(() => this.storeClosed());
  }

  private async storeWhenDue(): Promise<void> {
    const { failure } = this;
    if (failure !== undefined && performance.now() < failure.retryAtMs) return;
    try {
      await mapWriteErrors(() => this.storeIfDue());
      // Checks overlap: one that has found nothing to store does not undo a failure of another.
      if (this.failure === failure) this.failure = undefined;
    } catch (error) {
      // The objects stay in the journal; `findings` reports it.
      this.failure = { error, retryAtMs: performance.now() + RETRY_AFTER_MS };
    }
  }

  private async storeIfDue(): Promise<void> {
    // There is no journal, or no store any more.
    if (this.journal.openSegment === undefined) return;
    await this.journal.refresh();
    const { openSegment } = this.journal;
    // Not another one while those before it cannot be stored.
    if (openSegment?.firstFrameAtMs !== undefined && this.failure === undefined && this.isDue(openSegment))
      await this.journal.close(openSegment.number);
    await this.storeClosed(async (segment) => segment.wasClosedHere || (await this.isAbandoned(segment)));
    await this.lateDeletions.deleteFiles();
    await this.journal.removeRetired();
  }

  /** Whether no process stores the segment. If two do, each writes all of its objects. */
  private async isAbandoned({ number, closedAtMs = Infinity }: Segment): Promise<boolean> {
    const { takeOverAfterMs } = this.limits;
    if (performance.now() - closedAtMs < takeOverAfterMs) return false;
    return (await this.journal.folders.idleMs(number)) >= takeOverAfterMs;
  }

  private isDue({ firstFrameAtMs = Infinity, lastFrameAtMs = Infinity, position }: Segment): boolean {
    const { quietMs, maxAgeMs, maxBytes } = this.limits;
    const nowMs = performance.now();
    // Wait before the next attempt for an object that cannot be stored.
    if (this.unstorable !== undefined) return nowMs - firstFrameAtMs >= maxAgeMs;
    return position >= maxBytes || nowMs - firstFrameAtMs >= maxAgeMs || nowMs - lastFrameAtMs >= quietMs;
  }

  private async storeAll(): Promise<void> {
    await this.lookup.refresh();
    const { openSegment } = this.journal;
    if (openSegment?.firstFrameAtMs !== undefined) await this.journal.close(openSegment.number);
    await this.storeClosed();
  }

  /**
   * Stores the closed segments, the oldest first, up to one that is not due. Concurrent calls share the work, so that
   * a caller must look whether its segment was stored.
   */
  private storeClosed(isDue: (segment: Segment) => Promise<boolean> = async () => true): Promise<void> {
    this.storing ??= this.storeOldestFirst(isDue).finally(() => (this.storing = undefined));
    return this.storing;
  }

  private async storeOldestFirst(isDue: (segment: Segment) => Promise<boolean>): Promise<void> {
    for (;;) {
      const [oldest] = this.journal.closedSegments;
      if (oldest === undefined || !(await isDue(oldest))) return;
      try {
        this.unstorable = await storeSegment(this.journal, oldest, this.files, () => this.mayStore);
      } catch (error) {
        // Another process may have stored it first.
        await this.journal.refresh();
        if (oldest.isRetired) continue;
        await this.journal.folders.release(oldest.number);
        throw error;
      }
      await this.lateDeletions.deleteFiles();
    }
  }
}

/** Reports any other failure as one of the store, so that operators learn that objects stay in the journal. */
function asStoreError(error: unknown): unknown {
  const failure = toStoreError(error);
  if (failure instanceof StoreFullError || failure instanceof StoreUnavailableError) return failure;
  return new StoreUnavailableError(failure instanceof Error ? failure.message : String(failure), { cause: failure });
}
