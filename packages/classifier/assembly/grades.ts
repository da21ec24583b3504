/**
 * Finds the nearest training rows for the evidence of one sample of grades. AssemblyScript; compiled by
 * ../../../scripts/build-wasm.mjs. `PackedMetric` in ../src/evidence/grade-search.ts defines packed distances.
 */

/* oxlint-disable prefer-const -- the host sets what is exported */

/** Set by the host once. The first two are addresses of k 32-bit numbers each. */
export let nearestKeys: usize = 0;
export let nearestDistances: usize = 0;
export let k: u32 = 0;
export let isRatio: bool = false;

/**
 * Writes the packed distances of the k nearest rows, nearest first, each as often as its multiplicity. A row's packed
 * distance is `packedDistances` + `deltas`. @returns how many were written
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
    const farthest = load<i32>(nearestDistances + ((k - 1) << 2));
    factors = factorsOf(farthest);
    limit = limitOf(farthest);
  }
  return count;
}

/** Number of training rows at or within the distance of the row at a rank of the nearest. */
export function countWithin(rank: u32, packedDistances: usize, deltas: usize, multiplicities: usize, from: u32, to: u32): u32 {
  const farthest = load<i32>(nearestDistances + (rank << 2));
  const factors = factorsOf(farthest);
  const limit = limitOf(farthest);
  let counts = i32x4.splat(0);
  for (let row = from; row < to; row += 4) {
    const at = row << 2;
    const packed = i32x4.add(v128.load(packedDistances + at), v128.load(deltas + at));
    let isWithin = i32x4.le_s(i32x4.dot_i16x8_s(packed, factors), limit);
    if (row + 4 > to) isWithin = v128.and(isWithin, i32x4.lt_s(LANE_INDEXES, i32x4.splat(to - row)));
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
 * Effect of another grade of one feature on each row: `deltas` = its term with the new grade − `currentTerms`, and
 * `changedDistances` = `packedDistances` + `deltas`. @param column the rows' grades. @param to the new grade; 0 for
 * each row's own
 */
export function applyChange(column: usize, currentTerms: usize, packedDistances: usize, to: i32, deltas: usize, changedDistances: usize, from: u32, end: u32): void {
  for (let row = from; row < end; row += 4) {
    const at = row << 2;
    const grades = v128.load(column + at);
    const newGrades = to === 0 ? grades : i32x4.splat(to);
    const difference = i32x4.abs(i32x4.sub(newGrades, grades));
    const term = isRatio ? i32x4.add(difference, i32x4.shl(i32x4.add(newGrades, grades), 16)) : i32x4.mul(difference, difference);
    const change = i32x4.sub(term, v128.load(currentTerms + at));
    v128.store(deltas + at, change);
    v128.store(changedDistances + at, i32x4.add(v128.load(packedDistances + at), change));
  }
}

const LANE_INDEXES = i32x4(0, 1, 2, 3);

/**
 * Factors of the two halves of a packed distance, for the comparison with `limitOf(packed)`: a fraction is smaller if
 * numerator × other denominator − denominator × other numerator is negative, an integer if it is below the other.
 */
function factorsOf(packed: i32): v128 {
  return i32x4.splat(isRatio ? (packed >> 16) | (-(packed & 0xffff) << 16) : 1);
}

function limitOf(packed: i32): v128 {
  return i32x4.splat(isRatio ? 0 : packed);
}

/** Sort key that orders as the distance does. */
function keyOf(packed: i32): f32 {
  return isRatio ? <f32>(packed & 0xffff) / <f32>(packed >> 16) : <f32>packed;
}

/** Inserts a row into the nearest ones found so far, in order. @returns their new number */
function insert(packed: i32, multiplicity: u32, count: u32): u32 {
  const keys = nearestKeys;
  const key = keyOf(packed);
  for (let copy: u32 = 0; copy < multiplicity; copy++) {
    let at: usize = count;
    if (count < k) count++;
    else if (load<f32>(keys + (--at << 2)) <= key) break;
    for (; at > 0 && load<f32>(keys + ((at - 1) << 2)) > key; at--) {
      store<f32>(keys + (at << 2), load<f32>(keys + ((at - 1) << 2)));
      store<i32>(nearestDistances + (at << 2), load<i32>(nearestDistances + ((at - 1) << 2)));
    }
    store<f32>(keys + (at << 2), key);
    store<i32>(nearestDistances + (at << 2), packed);
  }
  return count;
}
