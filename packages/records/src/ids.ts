import { randomBytes } from 'node:crypto';

export type IdPrefix = 'pred_' | 'batch_' | 'audit_' | 'key_' | 'review_' | 'conf_' | 'training_';

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'; // ascending in ASCII, so ids sort like their bits
const TIME_CHARS = 10;
const RANDOM_CHARS = 16;
const MAX_TIME_MS = 2 ** 48 - 1;

let lastClockMs = 0;
let lastId = { ms: -1, random: 0n };

/** The wall clock, made monotonic within this process. */
function monotonicNowMs(): number {
  lastClockMs = Math.max(lastClockMs, Date.now());
  return lastClockMs;
}

function encode(value: bigint, chars: number): string {
  let text = '';
  for (let rest = value; text.length < chars; rest >>= 5n) text = CROCKFORD[Number(rest & 31n)] + text;
  return text;
}

/** Random bytes are drawn in bulk: each system call costs as much as creating a file name. */
const RANDOM_POOL_BYTES = 4_096;
let randomPool = Buffer.alloc(0);

function randomBits(bytes: number): bigint {
  if (randomPool.length < bytes) randomPool = randomBytes(RANDOM_POOL_BYTES);
  const bits = BigInt(`0x${randomPool.toString('hex', 0, bytes)}`);
  randomPool = randomPool.subarray(bytes);
  return bits;
}

/**
 * Ids of one millisecond increase by a random step, so that an adjacent id cannot be guessed.
 * The top bit starts clear and a step has 48 bits, so a millisecond has room for 2³¹ steps.
 */
function nextRandom(ms: number): bigint {
  const random = ms === lastId.ms ? lastId.random + randomBits(6) + 1n : randomBits(10) >> 1n;
  lastId = { ms, random };
  return random;
}

/** The 10 characters after the prefix that all ids of this millisecond share. */
export function encodeTime(ms: number): string {
  if (!Number.isInteger(ms) || ms < 0 || ms > MAX_TIME_MS)
    throw new RangeError('the time of an id must be an integer of 48 bits, in ms');
  return encode(BigInt(ms), TIME_CHARS);
}

/**
 * Creates an id: the prefix and 26 characters of Crockford's base 32 in lower case, for 48 bits of time in ms and 80 random
 * bits (https://github.com/ulid/spec). Ids sort by time, and within a process by creation.
 * @param nowMs the id's time, by default now
 */
export function createId(idPrefix: IdPrefix, nowMs: number = monotonicNowMs()): string {
  return idPrefix + encodeTime(nowMs) + encode(nextRandom(nowMs), RANDOM_CHARS);
}

/** Returns the time in ms of an id, or undefined for any other text. */
export function idTimeMs(idPrefix: IdPrefix, id: string): number | undefined {
  const digits = id.slice(idPrefix.length);
  if (!id.startsWith(idPrefix) || !/^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(digits)) return undefined;
  let ms = 0;
  for (const char of digits.slice(0, TIME_CHARS)) ms = ms * 32 + CROCKFORD.indexOf(char);
  return ms;
}

/** The id `steps` after another one of the same millisecond: the rows of one request get ids in their order. */
export function idAfter(idPrefix: IdPrefix, id: string, steps: number): string {
  const ms = idTimeMs(idPrefix, id);
  if (ms === undefined) throw new RangeError('not an id of this kind');
  const digits = id.slice(idPrefix.length + TIME_CHARS);
  const random = Array.from(digits).reduce((value, char) => value * 32n + BigInt(CROCKFORD.indexOf(char)), 0n);
  return idPrefix + encodeTime(ms) + encode(random + BigInt(steps), RANDOM_CHARS);
}
