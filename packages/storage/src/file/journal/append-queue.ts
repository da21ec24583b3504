import { StoreUnavailableError } from '../../errors';
import { closeFd, readCachedToEnd, writeAppending } from '../fs-callbacks';
import { type Frame, type NewFrame, encodeFrame, newWriter, scanFrame } from './frames';
import type { Entry, Range, Segment } from './segment';
import type { SegmentFolders } from './segment-folders';
import type { SegmentReader } from './segment-reader';

/** The effect of a frame when it was read. */
export interface Applied {
  /** The segment that holds the frame. */
  readonly segment: Segment;
  /**
   * For `put`: the object that the key already named in this segment, so that the frame has no effect. For `delete`:
   * the object that was deleted.
   */
  readonly existing: Entry | undefined;
}

interface PendingFrame {
  readonly frame: NewFrame;
  /** A frame that closes a segment is not written to another one. */
  readonly onlyIn: number | undefined;
  readonly resolve: (applied: Applied | undefined) => void;
  readonly reject: (error: unknown) => void;
  applied?: Applied;
}

/** Appends all frames that wait with one write, and answers their writers once the frames were read from the log. */
export class AppendQueue {
  private readonly writer = newWriter();
  private nextSequence = 0;
  /** Own frames that were not yet read, by sequence. */
  private readonly unread = new Map<number, PendingFrame>();
  private queue: PendingFrame[] = [];
  private writing: Promise<void> | undefined;
  /** While `writeQueue` runs, only that closes it, because a write may be running. */
  private appending: { segment: number; fd: number } | undefined;
  private mustReopen = false;
  private settling = 0;

  constructor(
    private readonly folders: SegmentFolders,
    private readonly reader: SegmentReader,
  ) {}

  /**
   * Appends frames with one write, shared with concurrent calls. Resolves when all are durable and applied.
   * @param onlyIn the number of the only segment that may receive them
   * @throws the disk's error; some frames may have been applied
   */
  async append(frames: readonly NewFrame[], onlyIn?: number): Promise<(Applied | undefined)[]> {
    if (frames.length === 0) return [];
    const applied = Promise.all(
      frames.map(
        (frame) =>
          new Promise<Applied | undefined>((resolve, reject) => this.queue.push({ frame, onlyIn, resolve, reject })),
      ),
    );
    this.writing ??= this.writeQueue();
    return applied;
  }

  /** Whether no frame waits and all writers are answered. */
  get isIdle(): boolean {
    return this.writing === undefined && this.settling === 0;
  }

  /** Waits for the writes that were requested before, though not until their writers are answered. */
  async waitForWrites(): Promise<void> {
    await this.writing;
  }

  /** Notes the effect of a frame that was read, if this process wrote it. */
  noteApplied(frame: Frame, segment: Segment, existing: Entry | undefined): void {
    if (frame.writer !== this.writer) return;
    const own = this.unread.get(frame.sequence);
    if (own !== undefined) own.applied = { segment, existing };
  }

  /** Closes the log of a retired segment: an open descriptor would keep the removed log on the disk. */
  async closeRetired(segment: Segment): Promise<void> {
    if (this.writing === undefined && this.appending?.segment === segment.number) await this.stopAppending();
  }

  async stopAppending(): Promise<void> {
    const { appending } = this;
    this.appending = undefined;
    if (appending !== undefined) await closeFd(appending.fd).catch(() => undefined);
  }

  private async writeQueue(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.queue;
      this.queue = [];
      await this.write(batch).catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      });
    }
    this.writing = undefined;
  }

  /** Writes a batch and lets `settle` wait for it, so that the next batch is written meanwhile. */
  private async write(batch: readonly PendingFrame[]): Promise<void> {
    if (this.reader.segments.length === 0) await this.reader.refresh();
    const segment = this.reader.openSegment;
    if (segment === undefined) throw new StoreUnavailableError('the journal does not exist');
    const fd = await this.appendingFd(segment.number);
    const chunks: Buffer[] = [];
    const written = new Map<number, PendingFrame>();
    for (const pending of batch) {
      if (pending.onlyIn !== undefined && pending.onlyIn !== segment.number) {
        pending.resolve(undefined);
        continue;
      }
      const sequence = this.nextSequence++;
      chunks.push(encodeFrame(pending.frame, this.writer, sequence));
      written.set(sequence, pending);
      this.unread.set(sequence, pending);
    }
    if (written.size === 0) return;
    try {
      // A segment that is retired counts as closed: what is written to it is written again to the next one.
      if (fd !== undefined) await writeAppending(fd, Buffer.concat(chunks));
    } catch (error) {
      // Frames that were written before the error count, although their callers receive the error.
      for (const sequence of written.keys()) this.unread.delete(sequence);
      await this.stopAppending();
      throw error;
    }
    void this.settle(segment, written);
  }

  /** Answers the writers once their frames were read, or rejects them all. */
  private async settle(segment: Segment, written: ReadonlyMap<number, PendingFrame>): Promise<void> {
    this.settling++;
    try {
      const inode = this.folders.inodeOf(segment.number);
      await this.reader.refresh();
      // A log that was removed, and perhaps made again, is still written to by its descriptor. A segment that was
      // retired before the look at its inode was closed before that, which the refresh has read.
      if (segment.closedAtMs === undefined && inode !== segment.inode) {
        this.reader.forgetAll();
        throw new StoreUnavailableError('the journal was removed');
      }
      const again = this.answer(segment, written);
      if (again.length > 0) {
        // A deletion will not know about these bytes.
        await this.eraseAfterClose(segment).catch(() => undefined);
        this.queue = [...this.queue, ...again];
      }
      if (this.queue.length > 0) this.writing ??= this.writeQueue();
    } catch (error) {
      for (const [sequence, { reject }] of written) {
        this.unread.delete(sequence);
        reject(error);
      }
      this.mustReopen = true;
    } finally {
      this.settling--;
    }
  }

  /** @returns the frames to write again: those that were not read were written after the segment was closed */
  private answer(segment: Segment, written: ReadonlyMap<number, PendingFrame>): PendingFrame[] {
    const again: PendingFrame[] = [];
    for (const [sequence, pending] of written) {
      if (pending.applied !== undefined) pending.resolve(pending.applied);
      else if (segment.closedAtMs === undefined) pending.reject(new StoreUnavailableError('the journal was truncated'));
      else if (pending.onlyIn !== undefined) pending.resolve(undefined);
      else again.push(pending);
      this.unread.delete(sequence);
    }
    return again;
  }

  /** Overwrites the bodies of own frames that follow the one that closes a segment. */
  private async eraseAfterClose(segment: Segment): Promise<void> {
    if (segment.isRetired) return;
    const bytes = readCachedToEnd(segment.fd, segment.position);
    const bodies: Range[] = [];
    for (let at = 0, scanned = scanFrame(bytes, at); scanned !== undefined; scanned = scanFrame(bytes, at)) {
      at = scanned.end;
      const { writer, bodyStart = 0, bodyBytes = 0 } = scanned.frame ?? {};
      if (writer === this.writer) bodies.push({ start: segment.position + bodyStart, size: bodyBytes });
    }
    await this.folders.erase(segment.number, bodies);
  }

  private async appendingFd(segment: number): Promise<number | undefined> {
    if (this.appending?.segment === segment && !this.mustReopen) return this.appending.fd;
    this.mustReopen = false;
    await this.stopAppending();
    const fd = await this.folders.open(segment, 'append');
    this.appending = fd === undefined ? undefined : { segment, fd };
    return fd;
  }
}
