import { crc32 } from 'node:zlib';
import { ObjectCorruptError } from '@cytoqueue/storage';

const SEAL = /\n([ \t]{32})$/;
const SEAL_LENGTH = 33;
/** End of a document without a seal: JSON, perhaps with an editor's line break. */
const UNSEALED = /[\]}]\r?\n?$/;

/**
 * Encodes a document with a seal: the CRC-32 of its bytes in white space after the JSON, as a line feed and 32 bits (space = 0,
 * tab = 1). Releases without seals read it as JSON and drop the seal when they rewrite the document; a checksum member would
 * survive and become wrong. Documents without a seal stay readable.
 */
export function sealDocument(document: object): Buffer {
  const body = Buffer.from(JSON.stringify(document));
  return Buffer.concat([body, Buffer.from(`\n${checksumOf(body)}`)]);
}

/** Decodes a document with or without a seal. @throws ObjectCorruptError when it is not JSON or does not match its seal */
export function unsealDocument<T extends object>(key: string, bytes: Buffer): T {
  const end = bytes.toString('latin1', Math.max(0, bytes.length - SEAL_LENGTH));
  const checksum = SEAL.exec(end)?.[1];
  if (checksum === undefined && !UNSEALED.test(end)) throw new ObjectCorruptError(key, 'its end is damaged');
  if (checksum !== undefined && checksumOf(bytes.subarray(0, bytes.length - SEAL_LENGTH)) !== checksum)
    throw new ObjectCorruptError(key, 'it does not match its checksum');
  return parseJson<T>(key, bytes);
}

/** @throws ObjectCorruptError when the bytes are no JSON object or array */
export function parseJson<T extends object>(key: string, bytes: Buffer): T {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString());
  } catch (cause) {
    // The parser's message quotes the bytes, which may be patient data.
    throw new ObjectCorruptError(key, 'it is not JSON', { cause: new Error((cause as Error).name) });
  }
  if (typeof document !== 'object' || document === null) throw new ObjectCorruptError(key, 'it is not a JSON document');
  return document as T;
}

/** The bits of each byte: space = 0, tab = 1. */
const BITS = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(2).padStart(8, '0').replaceAll('0', ' ').replaceAll('1', '\t'),
);

function checksumOf(bytes: Uint8Array): string {
  const checksum = crc32(bytes);
  return [24, 16, 8, 0].map((shift) => BITS[(checksum >>> shift) & 0xff]).join('');
}
