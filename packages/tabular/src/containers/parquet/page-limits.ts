import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';

/** Writers make pages of about 1 MiB, some one page of a whole row group. */
export const MAX_PAGE_BYTES = 64 * 1024 * 1024;
/** One page of a row group of a million rows, and some more. */
export const MAX_PAGE_VALUES = 2 * 1024 * 1024;

/**
 * The last packed run of a page is filled up: to a multiple of 8 values by the standard, of 32 or more by some
 * writers.
 */
const PACKED_SURPLUS = 1024;

/**
 * Walks over run-length and bit-packed runs without decoding them. hyparquet trusts the length of a run, so that four
 * damaged bytes would make an array of a billion values.
 * @throws Error when the runs hold more values than the page
 */
export function assertRuns(bytes: Uint8Array, start: number, bitWidth: number, values: number): void {
  let offset = start;
  let seen = 0;
  while (seen < values) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[offset++];
      if (byte === undefined || shift > 28) throw new Error('runs break off');
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const count = Math.floor(header / 2);
    const packed = header % 2 === 1;
    const run = packed ? count * 8 : count;
    offset += packed ? count * bitWidth : Math.ceil(bitWidth / 8);
    if (run > values - seen + (packed ? PACKED_SURPLUS : 0)) throw new Error('a run is longer than its page');
    seen += run;
  }
}

/** Texts that share their beginning with the one before could expand without limit: adds up their lengths first. */
export function assertDeltaTexts(bytes: Uint8Array, values: number): void {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  const prefixes = new Int32Array(values);
  const suffixes = new Int32Array(values);
  deltaBinaryUnpack(reader, values, prefixes);
  deltaBinaryUnpack(reader, values, suffixes);
  let total = 0;
  for (let i = 0; i < values; i++) total += (prefixes[i] as number) + (suffixes[i] as number);
  if (total > MAX_PAGE_BYTES) throw new Error('the texts of a page expand too far');
}
