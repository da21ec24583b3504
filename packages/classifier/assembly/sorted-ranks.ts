/** A vector of eight 16-bit ranks in ascending order; the highest possible rank means no row. */

/** Inserts a key into the ascending ranks, as many copies as lanes that the byte shuffle at `shift` moves up by. */
export function insert(ascending: v128, key: u32, shift: usize): v128 {
  const moved = i8x16.swizzle(ascending, v128.load(shift));
  return i16x8.min_u(ascending, i16x8.max_u(moved, i16x8.splat(<i16>key)));
}

export function insertEight(keys: v128, ascending: v128, shift: usize): v128 {
  ascending = insert(ascending, i16x8.extract_lane_u(keys, 0), shift);
  ascending = insert(ascending, i16x8.extract_lane_u(keys, 1), shift);
  ascending = insert(ascending, i16x8.extract_lane_u(keys, 2), shift);
  ascending = insert(ascending, i16x8.extract_lane_u(keys, 3), shift);
  ascending = insert(ascending, i16x8.extract_lane_u(keys, 4), shift);
  ascending = insert(ascending, i16x8.extract_lane_u(keys, 5), shift);
  ascending = insert(ascending, i16x8.extract_lane_u(keys, 6), shift);
  return insert(ascending, i16x8.extract_lane_u(keys, 7), shift);
}

export function highest(lanes: v128): u32 {
  lanes = i16x8.max_u(lanes, i8x16.shuffle(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  lanes = i16x8.max_u(lanes, i8x16.shuffle(lanes, lanes, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
  lanes = i16x8.max_u(lanes, i8x16.shuffle(lanes, lanes, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  return <u32>i16x8.extract_lane_u(lanes, 0);
}

/** Mean of the distances of the first `count` ranks, summed in ascending order. @param scratch address of one vector */
export function meanDistance(nearest: v128, count: u32, distances: usize, scratch: usize): f64 {
  v128.store(scratch, nearest);
  let sum: f64 = 0;
  for (let rank: u32 = 0; rank < count; rank++) {
    sum += load<f64>(distances + (<usize>load<u16>(scratch + (rank << 1)) << 3));
  }
  return sum / <f64>count;
}

/**
 * Writes the value to memory and reads it back, because V8 would recompute it in every iteration of the loop that uses
 * it.
 */
export function forceMaterialize(materialized: usize, value: v128): v128 {
  v128.store(materialized, value);
  return v128.load(materialized);
}
