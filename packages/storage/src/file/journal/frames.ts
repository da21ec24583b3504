/*
 * One frame per operation: a header of 48 bytes, the key and the body. All numbers are little-endian.
 *
 *      0  magic, 8 bytes              24  time in ms since 1970, f64
 *      8  CRC-32 of the rest of       32  writer, f64
 *         header and key, u32         40  number of the writer's frame, f64
 *     12  type, u16                   48  key, UTF-8
 *     14  bytes of the key, u16       …   body
 *     16  bytes of the body, u32
 *     20  CRC-32 of the body, u32
 */
import { crc32 } from 'node:zlib';

/** `create` puts an object under a key that no other caller uses; of several `put` of a key the first one counts. */
export type FrameType = 'create' | 'put' | 'delete' | 'close';

export interface NewFrame {
  readonly type: FrameType;
  readonly key: string;
  readonly body: Uint8Array;
  /** The present when omitted. */
  readonly timeMs?: number;
}

export interface Frame {
  readonly type: FrameType;
  readonly key: string;
  readonly timeMs: number;
  readonly writer: number;
  readonly sequence: number;
  /** Absent when the body does not match its checksum: only this object is damaged. */
  readonly body?: Buffer;
  readonly bodyStart: number;
  readonly bodyBytes: number;
  readonly bodyChecksum: number;
}

/** A frame, or bytes of a torn one, which `end` skips. */
export interface Scanned {
  readonly frame?: Frame;
  readonly end: number;
}

/** Any completion of a record is smaller. */
export const MAX_BODY_BYTES = 256 * 1024;
const MAX_KEY_BYTES = 1024;
const HEADER_BYTES = 48;
/** A buffer of this size holds any frame. */
export const MAX_FRAME_BYTES = HEADER_BYTES + MAX_KEY_BYTES + MAX_BODY_BYTES;

const TYPES: readonly FrameType[] = ['put', 'delete', 'close', 'create'];
const MAGIC = Buffer.from('\0cqjrnl\n');

/** Random enough to differ between all processes that share a folder. */
export function newWriter(): number {
  return Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
}

export function encodeFrame(
  { type, key, body, timeMs = Date.now() }: NewFrame,
  writer: number,
  sequence: number,
): Buffer {
  const keyBytes = Buffer.byteLength(key);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + keyBytes + body.byteLength);
  MAGIC.copy(frame);
  frame.writeUInt16LE(TYPES.indexOf(type), 12);
  frame.writeUInt16LE(keyBytes, 14);
  frame.writeUInt32LE(body.byteLength, 16);
  frame.writeUInt32LE(crc32(body), 20);
  frame.writeDoubleLE(timeMs, 24);
  frame.writeDoubleLE(writer, 32);
  frame.writeDoubleLE(sequence, 40);
  frame.write(key, HEADER_BYTES);
  frame.set(body, HEADER_BYTES + keyBytes);
  frame.writeUInt32LE(headerChecksum(frame, 0, keyBytes), 8);
  return frame;
}

/**
 * Reads what stands at `at`. A frame that was cut off by a crash is skipped once a later one follows it.
 * @returns undefined when the bytes end within a frame, which may still be being written
 */
export function scanFrame(bytes: Buffer, at: number): Scanned | undefined {
  const frame = frameAt(bytes, at);
  if (frame?.body !== undefined) return { frame, end: endOf(frame) };
  const later = nextHeader(bytes, at + 1);
  // Intact, except for its body: nothing but its own bytes can be damaged, because the next frame follows it.
  if (frame !== undefined && endOf(frame) <= bytes.length && (later === undefined || later >= endOf(frame)))
    return { frame, end: endOf(frame) };
  if (later !== undefined) return { end: later };
  return bytes.length - at > MAX_FRAME_BYTES ? { end: bytes.length - HEADER_BYTES - MAX_KEY_BYTES } : undefined;
}

function endOf({ bodyStart, bodyBytes }: Frame): number {
  return bodyStart + bodyBytes;
}

/** @returns undefined when no intact header stands there; a frame without body when that is damaged or not complete */
function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (bytes.length - at < HEADER_BYTES || bytes.compare(MAGIC, 0, MAGIC.length, at, at + MAGIC.length) !== 0)
    return undefined;
  const keyBytes = bytes.readUInt16LE(at + 14);
  const bodyBytes = bytes.readUInt32LE(at + 16);
  const bodyStart = at + HEADER_BYTES + keyBytes;
  const type = TYPES[bytes.readUInt16LE(at + 12)];
  if (type === undefined || keyBytes > MAX_KEY_BYTES || bodyBytes > MAX_BODY_BYTES || bodyStart > bytes.length)
    return undefined;
  if (bytes.readUInt32LE(at + 8) !== headerChecksum(bytes, at, keyBytes)) return undefined;
  const body = bytes.subarray(bodyStart, bodyStart + bodyBytes);
  const bodyChecksum = bytes.readUInt32LE(at + 20);
  const isIntact = body.length === bodyBytes && crc32(body) === bodyChecksum;
  return {
    type,
    key: bytes.toString('utf8', at + HEADER_BYTES, bodyStart),
    timeMs: bytes.readDoubleLE(at + 24),
    writer: bytes.readDoubleLE(at + 32),
    sequence: bytes.readDoubleLE(at + 40),
    ...(isIntact && { body }),
    bodyStart,
    bodyBytes,
    bodyChecksum,
  };
}

function nextHeader(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(MAGIC, from); at >= 0; at = bytes.indexOf(MAGIC, at + 1))
    if (frameAt(bytes, at) !== undefined) return at;
  return undefined;
}

function headerChecksum(bytes: Buffer, at: number, keyBytes: number): number {
  return crc32(bytes.subarray(at + 12, at + HEADER_BYTES + keyBytes));
}
