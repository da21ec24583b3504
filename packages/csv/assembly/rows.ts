/**
 * Reads plain rows from the bytes of a shard, and writes them into a result file with a text behind each. AssemblyScript;
 * compiled by ../../../scripts/build-wasm.mjs. What a plain row is stands in ../src/rows.ts, what the texts are in
 * ../src/row-texts.ts. Eight bytes are copied at a step: behind all that is read or written there is room for seven more.
 */

/** The shard, followed by zeros. */
export let input: usize = 0;
export let length: u32 = 0;

/** Bytes that end a cell, and a record. */
export let delimiter: u32 = 0;
export let line: u32 = 0;
/** What ends a row that has no line end itself, in two bytes. */
export let lineEnd: usize = 0;
export let lineEndLength: u32 = 0;

export let columns: u32 = 0;
/** Wanted columns. */
export let width: u32 = 0;
export let maxValue: u32 = 0;
/** i32 per column: its place in a row of values, or -1. */
export let slots: usize = 0;
/** u8 per byte: whether it ends a run of cell content; whether a formula may begin with it. */
export let stops: usize = 0;
export let formulas: usize = 0;
/** i16 per byte: the value of a cell of this byte alone, or -1. */
export let singles: usize = 0;
/** Tokens that stand for a missing value: the length of each in a byte, then its bytes. */
export let tokens: usize = 0;
export let tokenCount: u32 = 0;

/** Columns of the table: u32, u32, u32, u8 times width, u32, u8, u8. */
export let starts: usize = 0;
export let ends: usize = 0;
export let nexts: usize = 0;
export let values: usize = 0;
export let missing: usize = 0;
export let plain: usize = 0;
export let verbatim: usize = 0;
export let capacity: u32 = 0;
export let rows: u32 = 0;

/** The entries of samples met before: u32 per slot of a hash table, 0 or entry + 1; and u64 per entry, its values. */
export let slotsOfEntries: usize = 0;
export let slotBits: u32 = 0;
export let keys: usize = 0;
export let entryCount: u32 = 0;
export let entryCapacity: u32 = 0;
/** i32 per sample: its entry, or -1. */
export let entries: usize = 0;
/** u32 each: samples without an answer. */
export let unanswered: usize = 0;

/** u32 and u32 per entry: where its text lies in `texts`, or NO_TEXT. */
export let textStarts: usize = 0;
export let textEnds: usize = 0;
export let texts: usize = 0;
/** Where rows are written to, and what is written of it. */
export let output: usize = 0;
export let outputLength: u32 = 0;
export let outputCapacity: u32 = 0;

const TAB: u32 = 9;
const LF: u32 = 10;
const CR: u32 = 13;
const SPACE: u32 = 32;
const POINT: u32 = 46;
const DIGIT_0: u32 = 48;
const STEP: u32 = 8;
const MOST_DIGITS: u32 = 10;
const LINE_END_BYTES: u32 = 2;
const NIBBLES: u32 = 8;
const NO_TEXT: u32 = 0xffffffff;
const LOW_BYTES: u64 = 0x00ff00ff00ff00ff;

/** Fills `singles` in. What ends a cell is none. */
export function readSingles(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    store<u8>(input, <u8>byte);
    store<i16>(singles + (byte << 1), <i16>(load<u8>(stops + byte) === 0 ? valueOf(input, input + 1) : -1));
  }
}

/** Appends rows from an offset on. @returns the offset of the row that is not plain or has no room left, or the length */
export function readPlain(from: u32): u32 {
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
    store<u32>(nexts + place, min<u32>(<u32>(at - input), length));
    store<u8>(plain + rows, 1);
    rows++;
  }
  return min<u32>(<u32>(at - input), length);
}

function skipEmptyLine(start: usize): usize {
  const first = <u32>load<u8>(start);
  if (first === line) return start + 1;
  return first === CR && line === LF && load<u8>(start, 1) === <u8>LF ? start + 2 : start;
}

/** Fills what a row's cells say. @returns where its line end is or would be, or 0 when the row is not plain */
function readCells(start: usize, end: usize): usize {
  const row = values + rows * width;
  const last = columns - 1;
  // A global would be read again after every store.
  const delimiterOf = delimiter;
  const lineOf = line;
  const slotOf = slots;
  const singleOf = singles;
  const formulaOf = formulas;
  const stopOf = stops;
  let at = start;
  let guarded: u32 = 0;
  let absent: u32 = 0;
  for (let column: u32 = 0; column <= last; column++) {
    const cell = at;
    const wanted = column === last ? lineOf : delimiterOf;
    const first = <u32>load<u8>(cell);
    const slot = load<i32>(slotOf + (column << 2));
    // Of an empty cell this is the byte behind it: at worst the row is looked at again when it is written.
    guarded |= load<u8>(formulaOf + first);
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
      if (value === 0) absent |= 1 << slot;
    }
    at++;
  }
  store<u32>(missing + (rows << 2), absent);
  store<u8>(verbatim + rows, guarded === 0 ? 1 : 0);
  return at - 1;
}

/** The low bytes of each two, side by side. */
function joined(bytes: u64): u64 {
  const packed = (bytes | (bytes >> 8)) & 0x0000ffff0000ffff;
  return (packed | (packed >> 16)) & 0xffffffff;
}

/** The CR of a CRLF is no content; a CR at the end of the bytes is. */
function endOfContent(start: usize, lineAt: usize, end: usize): usize {
  return lineAt > start && lineAt < end && load<u8>(lineAt - 1) === <u8>CR ? lineAt - 1 : lineAt;
}

/** 1 to maxValue, 0 for a missing token, or -1. */
function valueOf(start: usize, end: usize): i32 {
  while (start < end && isBlank(load<u8>(start))) start++;
  while (end > start && isBlank(load<u8>(end - 1))) end--;
  const value = integerOf(start, end);
  if (value > 0) return value;
  let token = tokens;
  for (let i: u32 = 0; i < tokenCount; i++) {
    const size = <usize>load<u8>(token);
    if (size === end - start && equals(token + 1, start, size)) return 0;
    token += 1 + size;
  }
  return -1;
}

/** 0 when the bytes are no integer from 1 to maxValue. */
function integerOf(start: usize, end: usize): i32 {
  let value: u32 = 0;
  let at = start;
  for (; at < end && isDigit(load<u8>(at)); at++) {
    value = value * 10 + load<u8>(at) - DIGIT_0;
    if (value > maxValue) return 0;
  }
  if (at === end) return value;
  // pandas writes the integers of a column with gaps as 5.0
  if (at === start || load<u8>(at) !== <u8>POINT || at + 1 === end) return 0;
  for (at++; at < end; at++) if (load<u8>(at) !== <u8>DIGIT_0) return 0;
  return value;
}

function isDigit(byte: u32): bool {
  return byte - DIGIT_0 < 10;
}

function isBlank(byte: u32): bool {
  return byte === SPACE || byte === TAB;
}

function equals(one: usize, other: usize, size: usize): bool {
  for (let i: usize = 0; i < size; i++) if (load<u8>(one + i) !== load<u8>(other + i)) return false;
  return true;
}

/**
 * Finds the entries of samples, each `width` bytes below 16, or makes them while there is room.
 * @returns how many are unanswered: those without an entry or with a new one
 */
export function findEntries(samples: usize, count: u32): u32 {
  let found: u32 = 0;
  for (let sample: u32 = 0; sample < count; sample++) {
    const known = entryCount;
    const entry = entryOf(keyOf(samples + sample * width));
    store<i32>(entries + (sample << 2), entry);
    if (entry >= 0 && entry < <i32>known) continue;
    store<u32>(unanswered + (found << 2), sample);
    found++;
  }
  return found;
}

function entryOf(key: u64): i32 {
  const mask: u32 = (1 << slotBits) - 1;
  let slot = <u32>((key * 0x9e3779b97f4a7c15) >> (64 - slotBits));
  for (;;) {
    const entry = load<u32>(slotsOfEntries + (slot << 2));
    if (entry === 0) break;
    if (load<u64>(keys + ((entry - 1) << 3)) === key) return entry - 1;
    slot = (slot + 1) & mask;
  }
  if (entryCount === entryCapacity) return -1;
  store<u64>(keys + (entryCount << 3), key);
  store<u32>(slotsOfEntries + (slot << 2), entryCount + 1);
  return entryCount++;
}

/** Four bits a value, at most sixteen of them. */
function keyOf(sample: usize): u64 {
  const low = nibbles(load<u64>(sample), min(width, NIBBLES));
  return width > NIBBLES ? low | (nibbles(load<u64>(sample, NIBBLES), width - NIBBLES) << 32) : low;
}

function nibbles(bytes: u64, count: u32): u64 {
  const packed = bytes & (u64.MAX_VALUE >> ((NIBBLES - count) << 3));
  return joined((packed | (packed >> 4)) & LOW_BYTES);
}

/**
 * Writes rows from `row` on, of which `sample` is the first one's, into the output: bytes, delimiter, number, text, line end.
 * @param number of the first of them
 * @returns the row that is not verbatim, has no text or does not fit into the output any more
 */
export function writeRows(row: u32, sample: u32, number: u32): u32 {
  const limit = output + outputCapacity - STEP;
  let to = output;
  for (; row < rows && load<u8>(verbatim + row) !== 0; row++, sample++, number++) {
    const entry = load<i32>(entries + (sample << 2));
    if (entry < 0) break;
    const start = load<u32>(starts + (row << 2));
    const end = load<u32>(ends + (row << 2));
    const next = load<u32>(nexts + (row << 2));
    const text = load<u32>(textStarts + (entry << 2));
    if (text === NO_TEXT) break;
    const textLength = load<u32>(textEnds + (entry << 2)) - text;
    if (to + (end - start) + textLength + 1 + MOST_DIGITS + LINE_END_BYTES > limit) break;
    to = copy(input + start, to, end - start);
    store<u8>(to, <u8>delimiter);
    to = writeInteger(number, to + 1);
    to = copy(texts + text, to, textLength);
    const isEnded = next > end;
    store<u16>(to, load<u16>(isEnded ? input + end : lineEnd));
    to += isEnded ? next - end : lineEndLength;
  }
  outputLength = <u32>(to - output);
  return row;
}

function copy(from: usize, to: usize, count: u32): usize {
  for (let done: u32 = 0; done < count; done += STEP) store<u64>(to + done, load<u64>(from + done));
  return to + count;
}

function writeInteger(value: u32, to: usize): usize {
  let digits: u32 = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits++;
  let rest = value;
  for (let at = to + digits; at > to; ) {
    at--;
    store<u8>(at, <u8>(DIGIT_0 + (rest % 10)));
    rest /= 10;
  }
  return to + digits;
}
