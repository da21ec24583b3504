import { crc32 } from 'node:zlib';
import { ObjectCorruptError } from '@cytoqueue/storage';

const SEAL = /\n([ \t]{32})$/;
const SEAL_LENGTH = 33;
/** How a document without a seal may end: as JSON does, or as an editor leaves it. */
const UNSEALED = /[\]}]\r?\n?$/;

/**
 * A stored document, followed by the CRC-32 of its bytes in white space: a line feed and 32 bits, a space for 0 and a tab
 * for 1. Releases that know no seals read such a document as any other JSON, and lose the seal when they write it again,
 * as they would not with a member. Documents that they wrote have no seal and stay readable.
 */
export function sealDocument(document: object): Buffer {
  const body = Buffer.from(JSON.stringify(document));
  return Buffer.concat([body, Buffer.from(`\n${checksumOf(body)}`)]);
}

/** With or without a seal. @throws ObjectCorruptError when the bytes are no JSON object or array, or not those that were sealed */
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
    // The parser's message quotes the bytes, which may be a patient's.
    throw new ObjectCorruptError(key, 'it is not JSON', { cause: new Error((cause as Error).name) });
  }
  if (typeof document !== 'object' || document === null) throw new ObjectCorruptError(key, 'it is not a JSON document');
  return document as T;
}

function checksumOf(bytes: Uint8Array): string {
  return crc32(bytes).toString(2).padStart(32, '0').replaceAll('0', ' ').replaceAll('1', '\t');
}
