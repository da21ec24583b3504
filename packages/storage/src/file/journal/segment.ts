import { closeFd } from '../fs-callbacks';
import type { Frame } from './frames';

/** Keeps requests and markers in memory, which others read soon; results are ten times as large. */
const MAX_KEPT_BODY_BYTES = 2 * 1024;

/** A part of a log. */
export interface Range {
  readonly start: number;
  readonly size: number;
}

/** An object in the journal. */
export interface Entry extends Range {
  readonly key: string;
  readonly timeMs: number;
  readonly segment: Segment;
  readonly checksum: number;
  /** Whether it was put with `create`, so that no other object can have been put under this key. */
  readonly isOnly: boolean;
  /** Bodies of later frames with this key, which have no effect. */
  readonly losers: Range[];
  /** The body of a small object; undefined for a larger one and for a damaged one. */
  readonly body: Buffer | undefined;
}

export interface Segment {
  readonly number: number;
  readonly fd: number;
  readonly entries: Map<string, Entry>;
  /** Objects that were deleted. Their bytes may still be there, or they may be about to become files. */
  readonly removed: Map<string, RemovedEntry>;
  /** The inode of the log. */
  readonly inode: number;
  /** Bytes of the log that were read. */
  position: number;
  /** When this process read the first and the last frame, by `performance.now`. */
  firstFrameAtMs: number | undefined;
  lastFrameAtMs: number | undefined;
  /** When this process read the frame that closes the segment. */
  closedAtMs: number | undefined;
  /** Whether this process closed it, and therefore stores it. */
  wasClosedHere: boolean;
  /** Running reads; the last one closes the descriptor of a retired segment. */
  readers: number;
  isRetired: boolean;
}

/** A deleted object, as far as its segment still knows it. */
export interface RemovedEntry {
  readonly segment: Segment;
  readonly bodies: readonly Range[];
  /** Whether it may become a file: its segment was closed before it was deleted. */
  readonly mayBecomeFile: boolean;
}

export function createSegment(number: number, fd: number, inode: number): Segment {
  return {
    number,
    fd,
    inode,
    entries: new Map(),
    removed: new Map(),
    position: 0,
    firstFrameAtMs: undefined,
    lastFrameAtMs: undefined,
    closedAtMs: undefined,
    wasClosedHere: false,
    readers: 0,
    isRetired: false,
  };
}

export function toEntry(
  segment: Segment,
  { type, key, timeMs, body, bodyBytes, bodyStart, bodyChecksum }: Frame,
): Entry {
  return {
    key,
    size: bodyBytes,
    timeMs,
    segment,
    start: segment.position + bodyStart,
    checksum: bodyChecksum,
    isOnly: type === 'create',
    losers: [],
    // A copy: the buffer is reused.
    body: body !== undefined && bodyBytes <= MAX_KEPT_BODY_BYTES ? Buffer.from(body) : undefined,
  };
}

/** Closes the descriptor of a segment that is not used any more. Idempotent. */
export function retire(segment: Segment): void {
  if (segment.isRetired) return;
  segment.isRetired = true;
  closeIfUnused(segment);
}

export function closeIfUnused(segment: Segment): void {
  if (segment.isRetired && segment.readers === 0) closeFd(segment.fd).catch(() => undefined);
}
