/**
 * The nearest training rows for the evidence about one sample of whole-number grades. AssemblyScript; compiled by
 * ../../../scripts/build-wasm.mjs. What a row's sum of parts is, and why its key orders as its distance does, stands in
 * ../src/evidence/gradescale.ts.
 */

/* oxlint-disable prefer-const -- the host sets what is exported */

/** Set by the host once. The first two are places in memory, with room for k numbers of 32 bits each. */
export let nearestKeys: usize = 0;
export let nearestSums: usize = 0;
export let k: u32 = 0;
export let isRatio: bool = false;

/**
 * Leaves the packedDistances of the k nearest of some rows, the nearest first, a row as often as its multiplicity says. A row's sum is
 * that in `packedDistances` plus that in `deltas`. @returns how many there are
 */
export function select(packedDistances: usize, deltas: usize, multiplicities: usize, from: u32, to: u32): u32 {
  let factors = i32x4.splat(0);
  let limit = i32x4.splat(1);
  let count: u32 = 0;
  for (let row = from; row < to; row += 8) {
    const at = row << 2;
    const first = i32x4.add(v128.load(packedDistances + at), v128.load(deltas + at));
    const second = i32x4.add(v128.load(packedDistances + at, 16), v128.load(deltas + at, 16));
    let mask = i32x4.bitmask(i32x4.lt_s(i32x4.dot_i16x8_s(first, factors), limit));
    mask |= i32x4.bitmask(i32x4.lt_s(i32x4.dot_i16x8_s(second, factors), limit)) << 4;
    if (row + 8 > to) mask &= (1 << (to - row)) - 1;
    if (mask === 0) continue;
    do {
      const rank = (row + ctz(mask)) << 2;
      mask &= mask - 1;
      count = insert(load<i32>(packedDistances + rank) + load<i32>(deltas + rank), load<u32>(multiplicities + rank), count);
    } while (mask !== 0);
    if (count < k) continue;
    const farthest = load<i32>(nearestSums + ((k - 1) << 2));
    factors = factorsOf(farthest);
    limit = limitOf(farthest);
  }
  return count;
}

/** How many training rows are as near as the one at a rank among the nearest, or nearer. */
export function countWithin(rank: u32, packedDistances: usize, deltas: usize, multiplicities: usize, from: u32, to: u32): u32 {
  const farthest = load<i32>(nearestSums + (rank << 2));
  const factors = factorsOf(farthest);
  const limit = limitOf(farthest);
  let counts = i32x4.splat(0);
  for (let row = from; row < to; row += 4) {
    const at = row << 2;
    const sum = i32x4.add(v128.load(packedDistances + at), v128.load(deltas + at));
    let isWithin = i32x4.le_s(i32x4.dot_i16x8_s(sum, factors), limit);
    if (row + 4 > to) isWithin = v128.and(isWithin, i32x4.lt_s(PLACES, i32x4.splat(to - row)));
    counts = i32x4.add(counts, v128.and(isWithin, v128.load(multiplicities + at)));
  }
  return i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1) + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
}

/** out = a + b, row by row. */
export function add(a: usize, b: usize, out: usize, rows: u32): void {
  const end = rows << 2;
  for (let at: usize = 0; at < end; at += 16) v128.store(out + at, i32x4.add(v128.load(a + at), v128.load(b + at)));
}

/**
 * What another grade of one feature does to each row: `deltas` = its part with the new grade − its part `currentTerms`, and
 * `changedDistances` = `packedDistances` + `deltas`. @param column the rows' grades. @param to the new grade; 0 for each row's currentTerms
 */
export function shift(column: usize, currentTerms: usize, packedDistances: usize, to: i32, deltas: usize, changedDistances: usize, from: u32, end: u32): void {
  for (let row = from; row < end; row += 4) {
    const at = row << 2;
    const grades = v128.load(column + at);
    const given = to === 0 ? grades : i32x4.splat(to);
    const apart = i32x4.abs(i32x4.sub(given, grades));
    const part = isRatio ? i32x4.add(apart, i32x4.shl(i32x4.add(given, grades), 16)) : i32x4.mul(apart, apart);
    const change = i32x4.sub(part, v128.load(currentTerms + at));
    v128.store(deltas + at, change);
    v128.store(changedDistances + at, i32x4.add(v128.load(packedDistances + at), change));
  }
}

const PLACES = i32x4(0, 1, 2, 3);

/**
 * A row is nearer than another if numerator × the other's denominator − denominator × the other's numerator is below 0;
 * a sum that stands for itself, if it is below the other. These are what the two halves of a sum are multiplied by.
 */
function factorsOf(sum: i32): v128 {
  return i32x4.splat(isRatio ? (sum >> 16) | (-(sum & 0xffff) << 16) : 1);
}

function limitOf(sum: i32): v128 {
  return i32x4.splat(isRatio ? 0 : sum);
}

/** Orders as the distance does. */
function keyOf(sum: i32): f32 {
  return isRatio ? <f32>(sum & 0xffff) / <f32>(sum >> 16) : <f32>sum;
}

/** Into its rank among the nearest so far. @returns how many there are now */
function insert(sum: i32, multiplicity: u32, count: u32): u32 {
  const keys = nearestKeys;
  const key = keyOf(sum);
  for (let copy: u32 = 0; copy < multiplicity; copy++) {
    let at: usize = count;
    if (count < k) count++;
    else if (load<f32>(keys + (--at << 2)) <= key) break;
    for (; at > 0 && load<f32>(keys + ((at - 1) << 2)) > key; at--) {
      store<f32>(keys + (at << 2), load<f32>(keys + ((at - 1) << 2)));
      store<i32>(nearestSums + (at << 2), load<i32>(nearestSums + ((at - 1) << 2)));
    }
    store<f32>(keys + (at << 2), key);
    store<i32>(nearestSums + (at << 2), sum);
  }
  return count;
}
