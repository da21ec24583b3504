import { Buffer, isUtf8 } from 'node:buffer';
import { NUL } from './dialect';
import { CsvError, type CsvErrorLocation } from './error';

const ENCODING_HINT = 'save the file as "CSV UTF-8" and send it again';

/** The same memory as a Buffer, for the native searches and decoders that a bare Uint8Array lacks. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** How often the byte stands in [from, end). */
export function countByte(bytes: Buffer, byte: number, from = 0, end = bytes.length): number {
  let count = 0;
  for (let at = bytes.indexOf(byte, from); at >= 0 && at < end; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

/** Offset of the first NUL or of the first byte sequence that is not UTF-8; -1 when all is text. */
export function findInvalidText(bytes: Buffer): number {
  const nul = bytes.indexOf(NUL);
  if (isUtf8(bytes)) return nul;
  const invalid = findInvalidUtf8(bytes);
  return nul >= 0 && nul < invalid ? nul : invalid;
}

export function nonTextError(
  byte: number | undefined,
  location: Required<Pick<CsvErrorLocation, 'row' | 'line' | 'byteOffset'>>,
): CsvError {
  const { row, line, byteOffset } = location;
  const where = `${row === 0 ? 'the header' : `row ${row}`} (line ${line}, byte ${byteOffset} of the file)`;
  return byte === NUL
    ? new CsvError(
        'nul-byte',
        `${where} holds a NUL byte: this is no CSV text; if it is UTF-16, ${ENCODING_HINT}`,
        location,
      )
    : new CsvError('not-utf8', `${where} is not UTF-8; ${ENCODING_HINT}`, location);
}

export function utf16Error(): CsvError {
  return new CsvError('not-utf8', `the file is UTF-16; ${ENCODING_HINT}`, { row: 0, byteOffset: 0 });
}

/** How many bytes at the end (0 to 3) begin a UTF-8 sequence that the next chunk has to finish. */
export function incompleteUtf8Tail(bytes: Uint8Array): number {
  const length = bytes.length;
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0;
  }
  return 0;
}

/** Bytes in the sequence that `lead` announces; whether they are legal is for isUtf8 to say. */
export function sequenceLength(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function findInvalidUtf8(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at]!;
    const length = sequenceLength(lead);
    if (lead >= 0x80 && !isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
  return -1;
}
