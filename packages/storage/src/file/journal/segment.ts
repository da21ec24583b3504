import type { ObjectInfo } from '../../object-store';
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
  /** Whether it was put with `create`: nothing else was put under this key, so that readers need not look for a file. */
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
  isRetired: boolean;
}

/** A deleted object, as far as its segment still knows it. */
export interface RemovedEntry {
  readonly segment: Segment;
  readonly bodies: readonly Range[];
  /** Whether it may become a file: the deletion is in a later segment, so that its own one was closed before. */
  readonly mayBecomeFile: boolean;
}

export function infoOf({ key, size, timeMs }: Entry): ObjectInfo {
  return { key, size, modifiedAt: new Date(timeMs) };
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
    isRetired: false,
  };
}

/** Finds an object by its key: of several, the first one counts. */
export function findEntry(segments: readonly Segment[], key: string): Entry | undefined {
  for (const { entries } of segments) {
    const entry = entries.get(key);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/**
 * Applies a frame that was read from `segment`.
 * @param segments all that exist, because a deletion concerns each of them
 * @returns the object that the key named before: for `delete` in any segment, otherwise in this one
 */
export function applyFrame(segments: readonly Segment[], segment: Segment, frame: Frame): Entry | undefined {
  const { type, key } = frame;
  const existing = type === 'delete' ? findEntry(segments, key) : segment.entries.get(key);
  if (type === 'close') segment.closedAtMs = performance.now();
  else if (type === 'delete') remove(segments, key, segment);
  else if (existing === undefined) segment.entries.set(key, toEntry(segment, frame));
  else existing.losers.push({ start: segment.position + frame.bodyStart, size: frame.bodyBytes });
  return existing;
}

/** @param deletedIn the segment that holds the delete frame */
function remove(segments: readonly Segment[], key: string, deletedIn: Segment): void {
  for (const segment of segments) {
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

function toEntry(segment: Segment, { type, key, timeMs, body, bodyBytes, bodyStart, bodyChecksum }: Frame): Entry {
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

/** Closes the descriptor. Idempotent. Reads are synchronous, so none is running. */
export function retire(segment: Segment): void {
  if (segment.isRetired) return;
  segment.isRetired = true;
  closeFd(segment.fd).catch(() => undefined);
}
