/**
 * Finds where records of unquoted cells end, and which of them need a closer look. AssemblyScript; compiled by
 * ../../../scripts/build-wasm.mjs. ../src/wasm/row-ends.ts says what a plain row is. Behind the bytes lie sixteen zeros.
 */
/* oxlint-disable prefer-const -- the host sets what is exported */

export let input: usize = 0;
export let length: u32 = 0;
export let delimiter: u32 = 0;
export let line: u32 = 0;
/** Columns whose cells are looked at; `last` is the greater one, or -1 when no row is looked at. */
export let feature: i32 = -1;
export let name: i32 = -1;
export let last: i32 = -1;
/** u32 per row each: where it ends; indices of the rows that need a closer look. */
export let ends: usize = 0;
export let unusual: usize = 0;
export let unusualCount: u32 = 0;

const ZERO: u32 = 48;
const PLUS: u32 = 43;
const CTRL_Z: u32 = 26;
/** Identifiers of so many digits may be rounded. */
const LONG: usize = 16;
/** Numbers of columns are compared up to here. */
const COMPARED: u32 = 7;

/** @returns the number of rows that end in the bytes */
export function findRowEnds(): u32 {
  const stop = input + length;
  const lineOf = i8x16.splat(<i8>line);
  const delimitersOf = i8x16.splat(<i8>delimiter);
  let count: u32 = 0;
  let start = input;
  unusualCount = 0;
  for (let block = input; block < stop; block += 16) {
    let mask = i8x16.bitmask(i8x16.eq(v128.load(block), lineOf));
    while (mask !== 0) {
      const end = block + <usize>ctz(mask);
      if (end >= stop) return count;
      store<u32>(ends + (<usize>count << 2), <u32>(end - input));
      if (last >= 0 && needsLook(start, end, delimitersOf)) {
        store<u32>(unusual + (<usize>unusualCount << 2), count);
        unusualCount++;
      }
      count++;
      start = end + 1;
      mask &= mask - 1;
    }
  }
  return count;
}

function needsLook(start: usize, end: usize, delimiters: v128): bool {
  // The first sixteen bytes hold both cells of most rows.
  let mask = i8x16.bitmask(i8x16.eq(v128.load(start), delimiters));
  const featureOf = feature;
  const nameOf = name;
  const lastOf = last;
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
    } else if (column === nameOf && !isName(cell, at)) return true;
    at++;
  }
  return <u32>load<u8>(end - 1) === CTRL_Z || <u32>load<u8>(end - 2) === CTRL_Z;
}

function isName(start: usize, end: usize): bool {
  const size = end - start;
  return size > 2 && size < LONG && <u32>load<u8>(end - 1) - ZERO <= 9 && <u32>load<u8>(end - 3) !== PLUS;
}

/** Begins like a number, and does not go on counting as a row of column numbers does. */
function isValue(start: usize, end: usize, rowEnd: usize): bool {
  const digit = <u32>load<u8>(start) - ZERO;
  if (start === end || digit > 9) return false;
  if (end - start > 1) return feature < 9;
  if (digit !== <u32>feature && digit !== <u32>feature + 1) return true;
  let at = end;
  for (let next = digit + 1; next < COMPARED; next++, at += 2) {
    if (at + 1 >= rowEnd || <u32>load<u8>(at) !== delimiter) return false;
    const other = <u32>load<u8>(at, 1) - ZERO;
    if (other <= 9 && other !== next) return true;
    if (other > 9) return false;
  }
  return false;
}
