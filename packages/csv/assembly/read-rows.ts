import { endOfContent, valueOf } from './cell-value';
import {
  capacity, columns, delimiter, ends, formulas, input, length, line, missingMasks, rowEnds, fastParsed, singleByteValues, featureOfColumn, starts, cellEndBytes, values,
  copyable, featureCount,
} from './memory-layout'; // prettier-ignore

/** Number of rows in the table. */
export let rows: u32 = 0;

const LF: u32 = 10;
const CR: u32 = 13;

/** Fills `singleByteValues`; a byte that ends a cell gets -1. */
export function fillSingleByteValues(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    store<u8>(input, <u8>byte);
    store<i16>(singleByteValues + (byte << 1), <i16>(load<u8>(cellEndBytes + byte) === 0 ? valueOf(input, input + 1) : -1));
  }
}

/**
 * Appends rows from an offset on.
 * @returns the offset of the row that is not read here or has no room left, or the length
 */
export function readFastRows(from: u32): u32 {
  const end = input + length;
  let at = input + from;
  while (at < end && rows < capacity) {
    const start = at;
    at = skipEmptyLine(start);
    if (at !== start) continue;
    const lineAt = readCells(start, end);
    if (lineAt === 0) return <u32>(start - input);
    const contentEnd = endOfContent(start, lineAt, end);
    at = lineAt + 1;
    if (contentEnd === start) continue;
    const place = rows << 2;
    store<u32>(starts + place, <u32>(start - input));
    store<u32>(ends + place, <u32>(contentEnd - input));
    store<u32>(rowEnds + place, min<u32>(<u32>(at - input), length));
    store<u8>(fastParsed + rows, 1);
    rows++;
  }
  return min<u32>(<u32>(at - input), length);
}

function skipEmptyLine(start: usize): usize {
  const first = <u32>load<u8>(start);
  if (first === line) return start + 1;
  return first === CR && line === LF && load<u8>(start, 1) === <u8>LF ? start + 2 : start;
}

/**
 * Parses a row's cells into the table.
 * @returns where its line end is or would be, or 0 for a row that is not read here
 */
function readCells(start: usize, end: usize): usize {
  const row = values + rows * featureCount;
  const last = columns - 1;
  // Local copies: a global would be reloaded after every store.
  const delimiterOf = delimiter;
  const lineOf = line;
  const slotOf = featureOfColumn;
  const singleOf = singleByteValues;
  const formulaOf = formulas;
  const stopOf = cellEndBytes;
  let at = start;
  let startsFormula: u32 = 0;
  let missingMask: u32 = 0;
  for (let column: u32 = 0; column <= last; column++) {
    const cell = at;
    const wanted = column === last ? lineOf : delimiterOf;
    const first = <u32>load<u8>(cell);
    const slot = load<i32>(slotOf + (column << 2));
    // For an empty cell this tests the byte after it: at worst the row is not marked copyable and the writer checks it
    // again.
    startsFormula |= load<u8>(formulaOf + first);
    let value: i32 = slot < 0 ? 0 : load<i16>(singleOf + (first << 1));
    if (slot >= 0 && value >= 0 && <u32>load<u8>(cell, 1) === wanted) {
      at = cell + 1;
    } else {
      while (at < end && load<u8>(stopOf + load<u8>(at)) === 0) at++;
      const stop = at < end ? <u32>load<u8>(at) : lineOf;
      if (stop !== wanted) return 0;
      if (slot >= 0) value = valueOf(cell, stop === lineOf ? endOfContent(cell, at, end) : at);
    }
    if (value < 0) return 0;
    if (slot >= 0) {
      store<u8>(row + slot, <u8>value);
      if (value === 0) missingMask |= 1 << slot;
    }
    at++;
  }
  store<u32>(missingMasks + (rows << 2), missingMask);
  store<u8>(copyable + rows, startsFormula === 0 ? 1 : 0);
  return at - 1;
}
