/** Adds up packed distances and finds the nearest rows. `grades-layout.ts` describes arrays of rows. */

import { fractions, isRatio, lanes } from './grades-layout';

/** Results of `takeNearest`: sum of the distances, added in ascending order, and the key of the last row. */
export let sumOfDistances: f64 = 0;
export let farthestKey: i32 = 0;

/** The most rows that `selectNearest` finds. */
const MAX_SELECTED: u32 = 5;

/**
 * Stores the sum of three arrays in `sum`, in this range of rows, and finds its `count` nearest rows.
 * `selectNearest` takes a fraction of the time of `rankAll`, and gives up in one of forty ranges.
 */
export function takeNearest(a: usize, b: usize, c: usize, sum: usize, from: u32, to: u32, count: u32): void {
  if (count > MAX_SELECTED) add(a, b, c, sum, from, to);
  else if (isRatio) {
    if (selectNearest<f32>(a, b, c, sum, from, to, count)) return;
  } else if (selectNearest<i32>(a, b, c, sum, from, to, count)) return;
  rankAll(sum, from, to, count);
}

/**
 * Keys that order as the distances do: those of fractions are their quotients as floats, which are equal only if the
 * fractions are, because no denominator exceeds 200.
 * @typeParam T f32: packed distances are fractions. i32: they are squares, and keys themselves
 */
function keysOf<T>(packed: v128): v128 {
  if (isInteger<T>()) return packed;
  const numerators = f32x4.convert_i32x4_s(v128.and(packed, i32x4.splat(0xffff)));
  return f32x4.div(numerators, f32x4.convert_i32x4_s(i32x4.shr_u(packed, 16)));
}

/** `keysOf` with the model's type, for a branch per call. */
export function modelKeys(packed: v128): v128 {
  return isRatio ? keysOf<f32>(packed) : keysOf<i32>(packed);
}

/** The distance in double precision. */
export function distanceOf(key: i32): f64 {
  if (!isRatio) return sqrt<f64>(key);
  // A float of 128 to 256 is a multiple of 2⁻¹⁶: the sum's lowest bits are the quotient in these units.
  const units = reinterpret<u32>(reinterpret<f32>(key) + 128) & 0x1ffff;
  const fraction = load<u16>(fractions + (units << 1));
  return <f64>(fraction & 0xff) / <f64>(fraction >> 8);
}

/** Stores the sum of three arrays in `sum`, in this range of rows. */
export function add(a: usize, b: usize, c: usize, sum: usize, from: u32, to: u32): void {
  const end = to << 2;
  for (let at: usize = from << 2; at < end; at += 16) v128.store(sum + at, addAt(a + at, b + at, c + at));
}

function addAt(a: usize, b: usize, c: usize): v128 {
  return i32x4.add(i32x4.add(v128.load(a), v128.load(b)), v128.load(c));
}

function smaller(a: v128, b: v128): v128 {
  return i32x4.min_s(a, b);
}

function larger(a: v128, b: v128): v128 {
  return i32x4.max_s(a, b);
}

/**
 * Keeps the three smallest keys of each of eight lanes, and merges them until one lane has the nearest rows.
 * @typeParam T as for `keysOf`
 * @returns false when a lane's fourth key might belong to the nearest
 */
function selectNearest<T>(a: usize, b: usize, c: usize, sum: usize, from: u32, to: u32, count: u32): bool {
  const none = i32x4.splat(i32.MAX_VALUE);
  let first = none;
  let second = none;
  let third = none;
  let otherFirst = none;
  let otherSecond = none;
  let otherThird = none;
  const end = to << 2;
  for (let at: usize = from << 2; at < end; at += 32) {
    const packed = addAt(a + at, b + at, c + at);
    v128.store(sum + at, packed);
    let key = keysOf<T>(packed);
    let next = larger(first, key);
    first = smaller(first, key);
    key = larger(second, next);
    second = smaller(second, next);
    third = smaller(third, key);
    const otherPacked = addAt(a + at + 16, b + at + 16, c + at + 16);
    v128.store(sum + at, otherPacked, 16);
    key = keysOf<T>(otherPacked);
    next = larger(otherFirst, key);
    otherFirst = smaller(otherFirst, key);
    key = larger(otherSecond, next);
    otherSecond = smaller(otherSecond, next);
    otherThird = smaller(otherThird, key);
  }
  storeMerged(first, second, third, otherFirst, otherSecond, otherThird);
  mergeLanes<u64>();
  mergeLanes<u32>();
  sumOfDistances = 0;
  for (let rank: u32 = 0; rank < count; rank++) {
    farthestKey = load<i32>(lanes + (rank << 4));
    sumOfDistances += distanceOf(farthestKey);
  }
  return !v128.any_true(i32x4.lt_s(smaller(third, otherThird), i32x4.splat(farthestKey)));
}

/** Stores the five smallest keys of each lane, given twice three in ascending order: Batcher's odd-even merge. */
function storeMerged(a: v128, b: v128, c: v128, otherA: v128, otherB: v128, otherC: v128): void {
  const larger1 = larger(a, otherA);
  const smaller3 = smaller(c, otherC);
  const even1 = smaller(larger1, smaller3);
  const even2 = larger(larger1, smaller3);
  const odd0 = smaller(b, otherB);
  const odd1 = larger(b, otherB);
  v128.store(lanes, smaller(a, otherA));
  v128.store(lanes, smaller(even1, odd0), 16);
  v128.store(lanes, larger(even1, odd0), 32);
  v128.store(lanes, smaller(even2, odd1), 48);
  v128.store(lanes, larger(even2, odd1), 64);
}

/**
 * Gives each lane the five smallest keys of its own and its partner's, ascending: Batcher's bitonic merge.
 * @typeParam T the partner is the lane of the other half for u64, the neighbour for u32
 */
function mergeLanes<T>(): void {
  const a = v128.load(lanes);
  const b = v128.load(lanes, 16);
  const c = v128.load(lanes, 32);
  const d = v128.load(lanes, 48);
  const e = v128.load(lanes, 64);
  const rising0 = smaller(a, swapped<T>(e));
  const rising1 = smaller(b, swapped<T>(d));
  const middle = smaller(c, swapped<T>(c));
  const falling1 = smaller(d, swapped<T>(b));
  const falling0 = smaller(e, swapped<T>(a));
  const last = larger(rising0, falling0);
  const low1 = smaller(rising1, falling1);
  const low2 = smaller(middle, last);
  const high1 = larger(rising1, falling1);
  const high2 = larger(middle, last);
  v128.store(lanes, smaller(rising0, falling0));
  v128.store(lanes, smaller(low1, low2), 16);
  v128.store(lanes, larger(low1, low2), 32);
  v128.store(lanes, smaller(high1, high2), 48);
  v128.store(lanes, larger(high1, high2), 64);
}

function swapped<T>(keys: v128): v128 {
  return sizeof<T>() === 8 ? i64x2.shuffle(keys, keys, 1, 0) : i32x4.shuffle(keys, keys, 1, 0, 3, 2);
}

/** As `takeNearest`, for any count: keeps the `count` smallest keys of each of four lanes. */
function rankAll(distances: usize, from: u32, to: u32, count: u32): void {
  const last = lanes + ((count - 1) << 4);
  const end = distances + (to << 2);
  for (let at = lanes; at <= last; at += 16) v128.store(at, i32x4.splat(i32.MAX_VALUE));
  for (let address = distances + (from << 2); address < end; address += 16) {
    let next = modelKeys(v128.load(address));
    for (let at = lanes; at <= last; at += 16) {
      const kept = v128.load(at);
      v128.store(at, smaller(kept, next));
      next = larger(kept, next);
    }
  }
  sumOfDistances = 0;
  for (let taken: u32 = 0; taken < count; ) taken += takeSmallest(last, count - taken);
}

/** Takes the smallest key from every lane that has it, at most `limit` times. @returns how many rows were taken */
function takeSmallest(last: usize, limit: u32): u32 {
  const heads = v128.load(lanes);
  let smallest = smaller(heads, swapped<u64>(heads));
  smallest = smaller(smallest, swapped<u32>(smallest));
  const isSmallest = i32x4.eq(heads, smallest);
  farthestKey = i32x4.extract_lane(smallest, 0);
  const copies = min<u32>(limit, popcnt(i32x4.bitmask(isSmallest)));
  const distance = distanceOf(farthestKey);
  for (let copy: u32 = 0; copy < copies; copy++) sumOfDistances += distance;
  for (let at = lanes; at < last; at += 16) v128.store(at, v128.bitselect(v128.load(at, 16), v128.load(at), isSmallest));
  v128.store(last, v128.or(v128.andnot(v128.load(last), isSmallest), v128.and(isSmallest, i32x4.splat(i32.MAX_VALUE))));
  return copies;
}
