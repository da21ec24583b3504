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
import { readCached } from '../fs-callbacks';
import { AppendQueue, type Applied } from './append-queue';
import type { NewFrame } from './frames';
import { type Entry, type RemovedEntry, type Segment, findEntry } from './segment';
import type { SegmentFolders } from './segment-folders';
import { SegmentReader } from './segment-reader';

/** The journal as far as this process has read it (segment-reader.ts), and the way to append to it (append-queue.ts). */
export class Journal {
  private readonly reader: SegmentReader;
  private readonly queue: AppendQueue;
  private cleanedRetirements = 0;

  constructor(readonly folders: SegmentFolders) {
    this.reader = new SegmentReader(folders, {
      onFrame: (frame, segment, existing) => this.queue.noteApplied(frame, segment, existing),
      onRetired: (segment) => this.queue.closeRetired(segment),
    });
    this.queue = new AppendQueue(folders, this.reader);
  }

  /** Whether there is nothing to find, as far as this process has read. */
  get isEmpty(): boolean {
    return this.reader.segments.every(({ entries }) => entries.size === 0);
  }

  /** Bytes of all segments, as far as this process has read. */
  get bytes(): number {
    return this.reader.segments.reduce((sum, { position }) => sum + position, 0);
  }

  get openSegment(): Segment | undefined {
    return this.reader.openSegment;
  }

  /** Closed segments that are not retired, the oldest first. */
  get closedSegments(): readonly Segment[] {
    return this.reader.closedSegments;
  }

  /** Counts the segments that this process has seen disappear. Their objects are below their keys since. */
  get retirementCount(): number {
    return this.reader.retirementCount;
  }

  find(key: string): Entry | undefined {
    return findEntry(this.reader.segments, key);
  }

  /** Finds what deleted objects with this key have left in segments that still exist. */
  findRemoved(key: string): RemovedEntry[] {
    return this.reader.segments.map(({ removed }) => removed.get(key)).filter((entry) => entry !== undefined);
  }

  /** The keys of all objects below a prefix, deleted ones included. */
  keysBelow(prefix: string): string[] {
    const keys = this.reader.segments.flatMap(({ entries, removed }) => [...entries.keys(), ...removed.keys()]);
    return [...new Set(keys)].filter((key) => key.startsWith(prefix));
  }

  entriesBelow(prefix: string): Entry[] {
    const found: Entry[] = [];
    // Avoids an iterator and a copy of all entries: a listing calls this for each page.
    for (const { entries } of this.reader.segments)
      entries.forEach((entry, key) => {
        if (key.startsWith(prefix)) found.push(entry);
      });
    return found;
  }

  /**
   * Appends frames with one write, shared with concurrent calls. Resolves when all are durable and applied.
   * @throws the disk's error; some frames may have been applied
   */
  append(frames: readonly NewFrame[]): Promise<(Applied | undefined)[]> {
    return this.queue.append(frames);
  }

  /** Closes the open segment if it is `number`. @returns whether this call closed it */
  async close(number: number): Promise<boolean> {
    await this.folders.createNext(number);
    const [closed] = await this.queue.append([{ type: 'close', key: '', body: Buffer.alloc(0) }], number);
    if (closed !== undefined) closed.segment.wasClosedHere = true;
    return closed !== undefined;
  }

  /** Reads what was appended by any process before the call, and forgets retired segments. */
  refresh(): Promise<void> {
    return this.reader.refresh();
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
    for (let at = 0; at < size;) {
      const bytesRead = readCached(segment.fd, body, at, size - at, start + at);
      if (bytesRead === 0) throw new StoreUnavailableError('the journal was truncated');
      at += bytesRead;
    }
    return body;
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
      await this.queue.waitForWrites();
      await this.refresh().catch(() => undefined);
    } while (!this.queue.isIdle);
    this.reader.stop();
    await this.queue.stopAppending();
  }

  /** Makes a stopped journal usable again. */
  start(): void {
    this.reader.start();
  }
}
