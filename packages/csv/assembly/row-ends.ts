/**
 * Finds where records of unquoted cells end, and which of them need a closer look. AssemblyScript; compiled by
 * ../../../scripts/build-wasm.mjs. ../src/wasm/row-ends.ts says which rows need none. Behind the bytes lie 64 zeros.
 */
/* oxlint-disable prefer-const -- the host sets what is exported */

export let input: usize = 0;
export let length: u32 = 0;
export let delimiter: u32 = 0;
export let line: u32 = 0;
/** Columns whose cells are looked at; `lastColumn` is the greater one, or -1 when no row is looked at. */
export let featureColumn: i32 = -1;
export let identifierColumn: i32 = -1;
export let lastColumn: i32 = -1;
/** u32 per row each: where it ends; indices of the rows that need a closer look. */
export let ends: usize = 0;
export let rowsToCheck: usize = 0;
export let rowsToCheckCount: u32 = 0;
/** Whether a row holds one byte or none. */
export let hasShortRows: u32 = 0;

const ZERO: u32 = 48;
const PLUS: u32 = 43;
const CTRL_Z: u32 = 26;
/** Identifiers of so many digits may be rounded. */
const LONG: usize = 16;
/** Numbers of columns are compared up to here. */
const COMPARED: u32 = 7;

/** @returns the number of rows that end in the bytes */
export function findRowEnds(): u32 {
  const count = findEnds();
  rowsToCheckCount = 0;
  hasShortRows = 0;
  const delimitersOf = i8x16.splat(<i8>delimiter);
  let start = input;
  let checkCount: u32 = 0;
  let short: u32 = 0;
  for (let row: u32 = 0; row < count; row++) {
    const end = input + <usize>load<u32>(ends + (<usize>row << 2));
    short |= <u32>(end - start <= 1);
    // Stored for each row and kept for few: a store is cheaper than a branch.
    store<u32>(rowsToCheck + (<usize>checkCount << 2), row);
    if (lastColumn >= 0) checkCount += <u32>needsCloserLook(start, end, delimitersOf);
    start = end + 1;
  }
  rowsToCheckCount = checkCount;
  hasShortRows = short;
  return count;
}

/**
 * Stores where rows end. Takes 64 bytes at once and stores four ends of them without a branch, which no processor could
 * predict.
 */
function findEnds(): u32 {
  const stop = input + length;
  let count: u32 = 0;
  for (let block = input; block < stop; block += 64) {
    let mask = lineEndMask(block);
    const found = <u32>popcnt<u64>(mask);
    const offset = <u32>(block - input);
    let to = ends + (<usize>count << 2);
    store<u32>(to, offset + <u32>ctz<u64>(mask));
    mask &= mask - 1;
    store<u32>(to, offset + <u32>ctz<u64>(mask), 4);
    mask &= mask - 1;
    store<u32>(to, offset + <u32>ctz<u64>(mask), 8);
    mask &= mask - 1;
    store<u32>(to, offset + <u32>ctz<u64>(mask), 12);
    mask &= mask - 1;
    for (; mask !== 0; mask &= mask - 1, to += 4) store<u32>(to, offset + <u32>ctz<u64>(mask), 16);
    count += found;
  }
  return count;
}

function lineEndMask(block: usize): u64 {
  const lines = i8x16.splat(<i8>line);
  return (
    <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(block), lines))) |
    (<u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(block, 16), lines))) << 16) |
    (<u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(block, 32), lines))) << 32) |
    (<u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(block, 48), lines))) << 48)
  );
}

function needsCloserLook(start: usize, end: usize, delimiters: v128): bool {
  // The first sixteen bytes hold both cells of most rows.
  let mask = i8x16.bitmask(i8x16.eq(v128.load(start), delimiters));
  const featureOf = featureColumn;
  const identifierOf = identifierColumn;
  const lastOf = lastColumn;
  let at = start;
  for (let column: i32 = 0; column <= lastOf; column++) {
    const cell = at;
    if (mask !== 0) {
      at = start + <usize>ctz(mask);
      mask &= mask - 1;
    } else {
      if (at < start + 16) at = start + 16;
      while (at < end && <u32>load<u8>(at) !== delimiter) at++;
    }
    if (at >= end) return true;
    if (column === featureOf) {
      if (!isValue(cell, at, end)) return true;
    } else if (column === identifierOf && !isIdentifier(cell, at)) return true;
    at++;
  }
  return <u32>load<u8>(end - 1) === CTRL_Z || <u32>load<u8>(end - 2) === CTRL_Z;
}

function isIdentifier(start: usize, end: usize): bool {
  const size = end - start;
  return size > 2 && size < LONG && <u32>load<u8>(end - 1) - ZERO <= 9 && <u32>load<u8>(end - 3) !== PLUS;
}

/** Begins like a number, and does not go on counting as a row of column numbers does. */
function isValue(start: usize, end: usize, rowEnd: usize): bool {
  const digit = <u32>load<u8>(start) - ZERO;
  if (digit > 9) return false;
  if (end - start > 1) return featureColumn < 9;
  const next = <u32>load<u8>(end, 1) - ZERO;
  // Without short-circuit evaluation, because grades are too random for branches.
  const counts = u32(digit === <u32>featureColumn) | u32(digit === <u32>featureColumn + 1);
  const differs = u32(end + 1 < rowEnd) & u32(next <= 9) & u32(next !== digit + 1);
  if ((counts & (differs ^ 1)) === 0) return true;
  return countsOnlyAtFirst(digit, end, rowEnd);
}

/** Whether the cells after a cell that holds its column's number do not all hold theirs. */
function countsOnlyAtFirst(digit: u32, end: usize, rowEnd: usize): bool {
  let at = end;
  for (let next = digit + 1; next < COMPARED; next++, at += 2) {
    if (at + 1 >= rowEnd || <u32>load<u8>(at) !== delimiter) return false;
    const other = <u32>load<u8>(at, 1) - ZERO;
    if (other <= 9 && other !== next) return true;
    if (other > 9) return false;
  }
  return false;
}
