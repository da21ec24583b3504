import { maxValue, tokenCount, tokens } from './memory-layout';

const TAB: u32 = 9;
const CR: u32 = 13;
const SPACE: u32 = 32;
const POINT: u32 = 46;
const DIGIT_0: u32 = 48;

/** The CR of a CRLF is no content; a CR at the end of the bytes is. */
export function endOfContent(start: usize, lineAt: usize, end: usize): usize {
  return lineAt > start && lineAt < end && load<u8>(lineAt - 1) === <u8>CR ? lineAt - 1 : lineAt;
}

/** 1 to maxValue, 0 for a missingMasks token, or -1. */
export function valueOf(start: usize, end: usize): i32 {
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
