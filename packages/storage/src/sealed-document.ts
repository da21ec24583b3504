import { crc32 } from 'node:zlib';
import { ObjectCorruptError } from './errors';

/** The last member of a sealed document: the CRC-32 of every byte before the comma in front of it. */
const SEAL = /^,"crc32":"([0-9a-f]{8})"\}$/;
const SEAL_TEMPLATE = ',"crc32":"........"}';
/** A document without a seal shares fewer characters with the template, a damaged seal more. */
const LEAST_ALIKE = 9;

/**
 * A stored document with a checksum of all its bytes as its last member. Earlier releases read it as any other JSON
 * object; documents that they wrote have no seal and stay readable.
 */
export function sealDocument(document: object): Buffer {
  const body = JSON.stringify(document).slice(0, -1);
  return Buffer.from(`${body},"crc32":"${checksumOf(Buffer.from(body))}"}`);
}

/** With or without a seal. @throws ObjectCorruptError when the bytes are no JSON object or array, or not those that were sealed */
export function openDocument<T extends object>(key: string, bytes: Buffer): T {
  const document = parseJson<T & { crc32?: string }>(key, bytes);
  const sealAt = Math.max(0, bytes.length - SEAL_TEMPLATE.length);
  const end = bytes.toString('latin1', sealAt);
  const checksum = SEAL.exec(end)?.[1];
  if (checksum === undefined && resemblesSeal(end)) throw new ObjectCorruptError(key, 'its checksum is damaged');
  if (checksum !== undefined && checksumOf(bytes.subarray(0, sealAt)) !== checksum) throw new ObjectCorruptError(key, 'it does not match its checksum');
  delete document.crc32;
  return document;
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

function resemblesSeal(end: string): boolean {
  let alike = 0;
  for (let i = 0; i < end.length; i++) if (end[i] === SEAL_TEMPLATE[i]) alike++;
  return alike >= LEAST_ALIKE;
}

function checksumOf(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}
