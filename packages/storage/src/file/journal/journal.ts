/*
 * The journal makes many small objects durable with one write. All processes append to the same log and read each other's
 * frames; the order of the frames in the log decides between writers of one key, and is the same for all of them.
 *
 * - A frame counts once it is in the log, before the frame that closes its segment. A writer therefore reads the log up to
 *   its own frames before it answers, and appends them again to the next segment if this one was closed before.
 * - Closed segments are stored as objects and retired (store-segment.ts, segment-folders.ts). Until then their frames
 *   count. An object is always in a segment or below its key, and for a moment in both.
 */
import { crc32 } from 'node:zlib';
import { ObjectCorruptError, StoreUnavailableError } from '../../errors';
import { closeFd, inodeOfFd, readAt, readToEnd, writeAppending } from '../fs-callbacks';
import { type Frame, MAX_FRAME_BYTES, type NewFrame, encodeFrame, newWriter, scanFrame } from './frames';
import {
  type Entry,
  type Range,
  type RemovedEntry,
  type Segment,
  closeIfUnused,
  createSegment,
  retire,
  toEntry,
} from './segment';
import type { SegmentFolders } from './segment-folders';

const READ_BYTES = MAX_FRAME_BYTES + 64 * 1024;

/** The effect of a frame when it was read. */
export interface Applied {
  /** The segment that holds the frame. */
  readonly segment: Segment;
  /**
   * For `put`: the object that the key already named in this segment, so that the frame has no effect. For `delete`: the object
   * that was deleted.
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

export class Journal {
  /** Ascending. All but the last one are closed. */
  private segments: Segment[] = [];
  private retirements = 0;
  private cleanedRetirements = 0;
  private readonly writer = newWriter();
  private nextSequence = 0;
  /** Own frames that were not yet read, by sequence. */
  private readonly unread = new Map<number, PendingFrame>();
  private queue: PendingFrame[] = [];
  private writing: Promise<void> | undefined;
  /** Closed by `writeQueue` only, because a write may be running. */
  private appending: { segment: number; fd: number } | undefined;
  private mustReopen = false;
  private settling = 0;
  private isStopped = false;
  private reading: Promise<void> | undefined;
  private nextRead: Promise<void> | undefined;
  private readonly buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  constructor(readonly folders: SegmentFolders) {}

  /** Whether there is nothing to find, as far as this process has read. */
  get isEmpty(): boolean {
    return this.segments.every(({ entries }) => entries.size === 0);
  }

  /** Bytes of all segments, as far as this process has read. */
  get bytes(): number {
    return this.segments.reduce((sum, { position }) => sum + position, 0);
  }

  get openSegment(): Segment | undefined {
    return this.segments.at(-1);
  }

  /** Closed segments that are not retired, the oldest first. */
  get closedSegments(): readonly Segment[] {
    return this.segments.slice(0, -1);
  }

  /** Counts the segments that this process has seen disappear. Their objects are below their keys since. */
  get retirementCount(): number {
    return this.retirements;
  }

  /** Finds an object by its key: of several, the first one counts. */
  find(key: string): Entry | undefined {
    for (const { entries } of this.segments) {
      const entry = entries.get(key);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  /** Finds what deleted objects with this key have left in segments that still exist. */
  findRemoved(key: string): RemovedEntry[] {
    return this.segments.map(({ removed }) => removed.get(key)).filter((entry) => entry !== undefined);
  }

  /** The keys of all objects below a prefix, deleted ones included. */
  keysBelow(prefix: string): string[] {
    const keys = this.segments.flatMap(({ entries, removed }) => [...entries.keys(), ...removed.keys()]);
    return [...new Set(keys)].filter((key) => key.startsWith(prefix));
  }

  *entries(): Generator<Entry> {
    for (const segment of this.segments) yield* segment.entries.values();
  }

  /**
   * Appends frames with one write, shared with concurrent calls. Resolves when all are durable and applied.
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

  /** Closes the open segment if it is `number`. @returns whether this call closed it */
  async close(number: number): Promise<boolean> {
    await this.folders.createNext(number);
    const [closed] = await this.append([{ type: 'close', key: '', body: Buffer.alloc(0) }], number);
    if (closed !== undefined) closed.segment.wasClosedHere = true;
    return closed !== undefined;
  }

  /**
   * Reads what was appended by any process before the call, and forgets retired segments. Concurrent calls share the next
   * read, because a running one may have begun before their frames were written.
   */
  refresh(): Promise<void> {
    if (this.reading === undefined) {
      this.reading = this.readNew().finally(() => (this.reading = undefined));
      return this.reading;
    }
    this.nextRead ??= this.reading
      .catch(() => undefined)
      .then(() => {
        this.nextRead = undefined;
        return this.refresh();
      });
    return this.nextRead;
  }

  /** @throws ObjectCorruptError, also when the object is deleted or becomes a file meanwhile */
  async read(entry: Entry): Promise<Buffer> {
    // A copy, because the caller may change it.
    if (entry.body !== undefined) return Buffer.from(entry.body);
    const body = await this.readUnchecked(entry);
    if (crc32(body) !== entry.checksum)
      throw new ObjectCorruptError(entry.key, 'its bytes in the journal do not match their checksum');
    return body;
  }

  /** Reads an object even if it is damaged. @throws ObjectCorruptError when its segment is retired */
  async readUnchecked({ key, segment, start, size }: Entry): Promise<Buffer> {
    // Its descriptor may be another file's by now.
    if (segment.isRetired) throw new ObjectCorruptError(key, 'its segment of the journal is retired');
    const body = Buffer.allocUnsafe(size);
    segment.readers++;
    try {
      for (let at = 0; at < size;) {
        const bytesRead = await readAt(segment.fd, body, at, size - at, start + at);
        if (bytesRead === 0) throw new StoreUnavailableError('the journal was truncated');
        at += bytesRead;
      }
      return body;
    } finally {
      segment.readers--;
      closeIfUnused(segment);
    }
  }

  /** Removes what other processes, which may have been killed, have left of retired segments. */
  async removeRetired(): Promise<void> {
    const { retirementCount } = this;
    if (retirementCount === this.cleanedRetirements) return;
    await this.folders.removeRetired();
    this.cleanedRetirements = retirementCount;
  }

  /** Waits for the writes that were requested before. */
  async stop(): Promise<void> {
    do {
      await this.writing;
      await this.refresh().catch(() => undefined);
    } while (this.writing !== undefined || this.settling > 0);
    this.isStopped = true;
    this.forgetAll();
    await this.stopAppending();
  }

  /** Makes a stopped journal usable again. */
  start(): void {
    this.isStopped = false;
  }

  private async stopAppending(): Promise<void> {
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
    if (this.segments.length === 0) await this.refresh();
    const segment = this.openSegment;
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
      await this.refresh();
      // A log that was removed, and perhaps made again, is still written to by its descriptor.
      if (segment.closedAtMs === undefined && (await this.folders.inodeOf(segment.number)) !== segment.inode) {
        // Unless it was closed and retired between the two looks.
        await this.refresh();
        if (segment.closedAtMs === undefined) {
          this.forgetAll();
          throw new StoreUnavailableError('the journal was removed');
        }
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
    segment.readers++;
    try {
      const bytes = await readToEnd(segment.fd, segment.position);
      const bodies: Range[] = [];
      for (let at = 0, scanned = scanFrame(bytes, at); scanned !== undefined; scanned = scanFrame(bytes, at)) {
        at = scanned.end;
        const { writer, bodyStart = 0, bodyBytes = 0 } = scanned.frame ?? {};
        if (writer === this.writer) bodies.push({ start: segment.position + bodyStart, size: bodyBytes });
      }
      await this.folders.erase(segment.number, bodies);
    } finally {
      segment.readers--;
      closeIfUnused(segment);
    }
  }

  private async appendingFd(segment: number): Promise<number | undefined> {
    if (this.appending?.segment === segment && !this.mustReopen) return this.appending.fd;
    this.mustReopen = false;
    await this.stopAppending();
    const fd = await this.folders.open(segment, 'append');
    this.appending = fd === undefined ? undefined : { segment, fd };
    return fd;
  }

  private async readNew(): Promise<void> {
    if (this.isStopped) return;
    if (this.segments.length === 0) await this.openOldest();
    for (let segment = this.openSegment; segment !== undefined;) {
      await this.readSegment(segment);
      if (segment.closedAtMs === undefined) break;
      segment = await this.openAfter(segment);
    }
    // Last: what is in a segment counts as long as that exists after the reads.
    await this.forgetRetired();
  }

  private async forgetRetired(): Promise<void> {
    for (const segment of this.closedSegments) {
      if (!(await this.isRetired(segment))) return;
      this.segments.shift();
      this.retirements++;
      retire(segment);
      // An open descriptor would keep the removed log on the disk.
      if (this.writing === undefined && this.appending?.segment === segment.number) await this.stopAppending();
    }
  }

  /** @throws StoreUnavailableError when the journal is not there, for example because the disk was unmounted */
  private async isRetired({ number, inode }: Segment): Promise<boolean> {
    const found = await this.folders.inodeOf(number);
    if (found === inode) return false;
    const segments = await this.folders.list();
    if (found === undefined && segments.some((other) => other > number)) return true;
    // Another process has made a new one.
    if (segments.length > 0) this.forgetAll();
    throw new StoreUnavailableError('the journal was removed');
  }

  private async openOldest(): Promise<void> {
    for (;;) {
      const [oldest] = await this.folders.list();
      if (oldest === undefined || (await this.openForReading(oldest)) !== undefined) return;
      // A copy of the store was made while the segment was retired, so that its objects are files.
      await this.folders.dropWithoutLog(oldest);
    }
  }

  private async openAfter(segment: Segment): Promise<Segment | undefined> {
    const { number } = segment;
    const next = await this.openForReading(number + 1);
    if (next !== undefined) return next;
    if (!(await this.isRetired(segment))) {
      await this.folders.createNext(number);
      return this.openForReading(number + 1);
    }
    // The next one is retired too, and with it all that this process knows.
    this.forgetAll();
    await this.openOldest();
    return this.openSegment;
  }

  private forgetAll(): void {
    for (const segment of this.segments) retire(segment);
    this.retirements += this.segments.length;
    this.segments = [];
  }

  private async openForReading(number: number): Promise<Segment | undefined> {
    const fd = await this.folders.open(number, 'read');
    if (fd === undefined) return undefined;
    if (this.isStopped) {
      await closeFd(fd);
      return undefined;
    }
    const segment = createSegment(number, fd, await inodeOfFd(fd));
    this.segments.push(segment);
    await this.readSegment(segment);
    // A damaged close frame, or one that a backup or a power loss has missed: the next segment was used since.
    if (segment.closedAtMs === undefined && (await this.folders.isUsed(number + 1))) {
      await this.readSegment(segment);
      segment.closedAtMs ??= performance.now();
    }
    return segment;
  }

  private async readSegment(segment: Segment): Promise<void> {
    if (segment.isRetired) return;
    segment.readers++;
    try {
      // Frames behind the one that closed it do not count.
      while (segment.closedAtMs === undefined && !segment.isRetired) {
        const bytesRead = await readAt(segment.fd, this.buffer, 0, READ_BYTES, segment.position);
        if (bytesRead > 0) {
          segment.lastFrameAtMs = performance.now();
          segment.firstFrameAtMs ??= segment.lastFrameAtMs;
        }
        this.applyFrames(segment, this.buffer.subarray(0, bytesRead));
        if (bytesRead < READ_BYTES) return;
      }
    } finally {
      segment.readers--;
      closeIfUnused(segment);
    }
  }

  private applyFrames(segment: Segment, bytes: Buffer): void {
    let at = 0;
    while (segment.closedAtMs === undefined) {
      const scanned = scanFrame(bytes, at);
      if (scanned === undefined) break;
      at = scanned.end;
      if (scanned.frame !== undefined) this.apply(segment, scanned.frame);
    }
    segment.position += at;
  }

  private apply(segment: Segment, frame: Frame): void {
    const { type, key } = frame;
    const existing = type === 'delete' ? this.find(key) : segment.entries.get(key);
    if (type === 'close') segment.closedAtMs = performance.now();
    else if (type === 'delete') this.remove(key, segment);
    else if (existing === undefined) segment.entries.set(key, toEntry(segment, frame));
    else existing.losers.push({ start: segment.position + frame.bodyStart, size: frame.bodyBytes });
    if (frame.writer !== this.writer) return;
    const own = this.unread.get(frame.sequence);
    if (own !== undefined) own.applied = { segment, existing };
  }

  /** @param deletedIn the segment that holds the delete frame */
  private remove(key: string, deletedIn: Segment): void {
    for (const segment of this.segments) {
      const entry = segment.entries.get(key);
      if (entry === undefined) continue;
      segment.entries.delete(key);
      const earlier = segment.removed.get(key);
      segment.removed.set(key, {
        segment,
        bodies: [...(earlier?.bodies ?? []), { start: entry.start, size: entry.size }, ...entry.losers],
        mayBecomeFile: segment !== deletedIn || earlier?.mayBecomeFile === true,
      });
    }
  }
}
