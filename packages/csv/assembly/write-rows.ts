import { rows } from './read-rows';
import {
  delimiter, ends, entries, input, lineEnd, lineEndLength, rowEnds, output, outputCapacity, starts, textEnds, textStarts, texts, copyable,
} from './memory-layout'; // prettier-ignore

/** Bytes that the last call has written. */
export let outputLength: u32 = 0;

const STEP: u32 = 8;
const DIGIT_0: u32 = 48;
const MOST_DIGITS: u32 = 10;
const LINE_END_BYTES: u32 = 2;
const NO_TEXT: u32 = 0xffffffff;

/**
 * Writes rows from `row` on, of which `sample` is the first one's, into the output: bytes, delimiter, number, text,
 * line end.
 * @param number of the first of them
 * @returns the row that is not copyable, has no text or does not fit into the output any more
 */
export function writeRows(row: u32, sample: u32, number: u32): u32 {
  const limit = output + outputCapacity - STEP;
  let to = output;
  for (; row < rows && load<u8>(copyable + row) !== 0; row++, sample++, number++) {
    const entry = load<i32>(entries + (sample << 2));
    if (entry < 0) break;
    const start = load<u32>(starts + (row << 2));
    const end = load<u32>(ends + (row << 2));
    const next = load<u32>(rowEnds + (row << 2));
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
