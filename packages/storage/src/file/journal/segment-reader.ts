import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreUnavailableError } from '../../errors';
import { closeFd, inodeOfFd, readCached } from '../fs-callbacks';
import { type Frame, MAX_FRAME_BYTES, scanFrame } from './frames';
import { type Entry, type Segment, applyFrame, createSegment, retire } from './segment';
import type { SegmentFolders } from './segment-folders';

const READ_BYTES = MAX_FRAME_BYTES + 64 * 1024;

/** Learns what was read. */
export interface ReadListener {
  /** @param existing the object that the key named before: for `delete` in any segment, otherwise in this one */
  onFrame(frame: Frame, segment: Segment, existing: Entry | undefined): void;
  /** Called after a segment was retired; the read waits for it. */
  onRetired(segment: Segment): Promise<void>;
}

/** Reads the segments of the journal, which other processes close, add and retire meanwhile. */
export class SegmentReader {
  /** Ascending. All but the last one are closed. */
  private known: Segment[] = [];
  private retirements = 0;
  private isStopped = false;
  private reading: Promise<void> | undefined;
  private nextRead: Promise<void> | undefined;
  private readonly buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  constructor(
    private readonly folders: SegmentFolders,
    private readonly listener: ReadListener,
  ) {}

  get segments(): readonly Segment[] {
    return this.known;
  }

  get openSegment(): Segment | undefined {
    return this.known.at(-1);
  }

  /** Closed segments that are not retired, the oldest first. */
  get closedSegments(): readonly Segment[] {
    return this.known.slice(0, -1);
  }

  /** Counts the segments that this process has seen disappear. Their objects are below their keys since. */
  get retirementCount(): number {
    return this.retirements;
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

  forgetAll(): void {
    for (const segment of this.known) retire(segment);
    this.retirements += this.known.length;
    this.known = [];
  }

  stop(): void {
    this.isStopped = true;
    this.forgetAll();
  }

  /** Makes a stopped reader usable again. */
  start(): void {
    this.isStopped = false;
  }

  /** A stopped store knows nothing, but must not answer that an object is missing. */
  private assertRunning(): void {
    if (this.isStopped) throw new StoreUnavailableError('the store is stopped');
  }

  private async readNew(): Promise<void> {
    this.assertRunning();
    if (this.known.length === 0) await this.openOldest();
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
      this.known.shift();
      this.retirements++;
      retire(segment);
      await this.listener.onRetired(segment);
    }
  }

  /** @throws StoreUnavailableError when the journal is not there, for example because the disk was unmounted */
  private async isRetired({ number, inode }: Segment): Promise<boolean> {
    const found = this.folders.inodeOf(number);
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
    const retired = this.known;
    this.forgetAll();
    for (const each of retired) await this.listener.onRetired(each);
    await this.openOldest();
    return this.openSegment;
  }

  private async openForReading(number: number): Promise<Segment | undefined> {
    const fd = await this.folders.open(number, 'read');
    if (fd === undefined) return undefined;
    let segment: Segment;
    try {
      segment = createSegment(number, fd, await inodeOfFd(fd));
      this.assertRunning();
    } catch (error) {
      await closeFd(fd);
      throw error;
    }
    this.known.push(segment);
    await this.readSegment(segment);
    // A damaged close frame, or one that a backup or a power loss has missed: the next segment was used since.
    if (segment.closedAtMs === undefined && (await this.folders.isUsed(number + 1))) {
      await this.readSegment(segment);
      segment.closedAtMs ??= performance.now();
    }
    return segment;
  }

  private async readSegment(segment: Segment): Promise<void> {
    // Frames behind the one that closed it do not count.
    while (segment.closedAtMs === undefined && !segment.isRetired) {
      const bytesRead = readCached(segment.fd, this.buffer, 0, READ_BYTES, segment.position);
      if (bytesRead > 0) {
        segment.lastFrameAtMs = performance.now();
        segment.firstFrameAtMs ??= segment.lastFrameAtMs;
      }
      this.applyFrames(segment, this.buffer.subarray(0, bytesRead));
      if (bytesRead < READ_BYTES) return;
      // Other work goes on while a long segment is read, at a start or after a pause.
      await nextTurn();
    }
  }

  private applyFrames(segment: Segment, bytes: Buffer): void {
    let at = 0;
    while (segment.closedAtMs === undefined) {
      const scanned = scanFrame(bytes, at);
      if (scanned === undefined) break;
      at = scanned.end;
      if (scanned.frame === undefined) continue;
      const existing = applyFrame(this.known, segment, scanned.frame);
      this.listener.onFrame(scanned.frame, segment, existing);
    }
    segment.position += at;
  }
}
