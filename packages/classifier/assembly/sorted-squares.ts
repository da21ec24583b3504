/** Operations on ascending lists of squared distances in memory. */

/** Inserts a square into the k smallest. */
export function insert(nearest: usize, k: u32, square: f64): void {
  let at = nearest + ((k - 1) << 3);
  if (!(square < load<f64>(at))) return;
  while (at > nearest && square < load<f64>(at - 8)) {
    store<f64>(at, load<f64>(at - 8));
    at -= 8;
  }
  store<f64>(at, square);
}

/** Mean distance of the first `count` squares, summed in ascending order. */
export function meanDistance(nearest: usize, count: u32): f64 {
  let sum: f64 = 0;
  for (let rank: u32 = 0; rank < count; rank++) sum += sqrt(load<f64>(nearest + (rank << 3)));
  return sum / <f64>count;
}

/** The k-th smallest of two ascending lists. */
export function kthOfBoth(k: u32, one: usize, other: usize): f64 {
  for (let rank: u32 = 1; rank < k; rank++) {
    if (load<f64>(one) < load<f64>(other)) one += 8;
    else other += 8;
  }
  return min(load<f64>(one), load<f64>(other));
}
