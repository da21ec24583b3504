/**
 * The k-th smallest of sixteen floats, k ≤ 8, compared as integers that order as they do. `smallestKeys` holds eight.
 */
export function kthSmallest(k: u32, first: v128, second: v128, third: v128, fourth: v128, smallestKeys: usize): f32 {
  v128.store(smallestKeys, i32x4.splat(i32.MAX_VALUE));
  v128.store(smallestKeys, i32x4.splat(i32.MAX_VALUE), 16);
  insertFour(first, smallestKeys);
  insertFour(second, smallestKeys);
  insertFour(third, smallestKeys);
  insertFour(fourth, smallestKeys);
  const bits = load<i32>(smallestKeys + ((k - 1) << 2));
  return reinterpret<f32>(bits ^ ((bits >> 31) & i32.MAX_VALUE));
}

function insertFour(values: v128, smallestKeys: usize): void {
  const keys = v128.xor(values, v128.and(i32x4.shr_s(values, 31), i32x4.splat(i32.MAX_VALUE)));
  insertKey(i32x4.extract_lane(keys, 0), smallestKeys);
  insertKey(i32x4.extract_lane(keys, 1), smallestKeys);
  insertKey(i32x4.extract_lane(keys, 2), smallestKeys);
  insertKey(i32x4.extract_lane(keys, 3), smallestKeys);
}

/** Inserts a key into eight ascending ones and drops the largest. */
function insertKey(value: i32, smallestKeys: usize): void {
  const low = v128.load(smallestKeys);
  const high = v128.load(smallestKeys, 16);
  const key = i32x4.splat(value);
  const below = i8x16.shuffle(i32x4.splat(i32.MIN_VALUE), low, 0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
  const before = i8x16.shuffle(low, high, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
  v128.store(smallestKeys, i32x4.min_s(low, i32x4.max_s(below, key)));
  v128.store(smallestKeys, i32x4.min_s(high, i32x4.max_s(before, key)), 16);
}
