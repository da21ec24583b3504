import { TabularError } from '../error';
import { looksLikeJsonRecords } from './json-shape';
import { UNSUPPORTED_FORMATS, type UnsupportedFormat } from './unsupported-formats';

/** Enough for every signature, and for the first line of a JSON file. */
export const FIRST_BYTES = 64 * 1024;
/** All binary signatures lie within this many bytes. */
const SIGNATURE_BYTES = 512;

/** Headers of a member, of an empty archive, and of an archive with a spanning marker. */
const ZIP_SIGNATURES = ['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08PK\x03\x04'];

export type Signature = 'text' | 'json' | 'gzip' | 'zip' | 'parquet';

export type FirstBytes = { signature: Signature } | { unsupported: UnsupportedFormat };

/**
 * Detects a file's format by its first bytes, never by its name or its declared media type. Anything without a known
 * signature is text: the CSV reader then says what keeps it from being CSV.
 * @param head the first FIRST_BYTES of the file, or all of it
 */
export function inspectFirstBytes(head: Uint8Array): FirstBytes {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, SIGNATURE_BYTES)).toString('latin1');
  if (bytes.startsWith('\x1f\x8b')) return { signature: 'gzip' };
  if (ZIP_SIGNATURES.some((signature) => bytes.startsWith(signature))) return { signature: 'zip' };
  if (/^PAR1[^\t\n\r -~]/.test(bytes) || bytes === 'PAR1') return { signature: 'parquet' };
  const text = new TextDecoder(markedEncoding(head)).decode(head).trimStart();
  const unsupported = UNSUPPORTED_FORMATS.find((format) => format.matches(bytes, text));
  if (unsupported !== undefined) return { unsupported };
  return { signature: looksLikeJsonRecords(text, head.length < FIRST_BYTES) ? 'json' : 'text' };
}

/** The encoding of a text by its byte order mark; UTF-8 without one. */
export function markedEncoding(head: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

export function unsupportedError(
  { name, remedy }: Pick<UnsupportedFormat, 'name' | 'remedy'>,
  inside = '',
): TabularError {
  return new TabularError('unsupported-format', `This is ${name}${inside}. ${remedy}`);
}
