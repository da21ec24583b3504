/** Ascending lists of squared distances in memory. */

/** Puts a square into its place among the k smallest. */
export function insert(nearest: usize, k: u32, square: f64): void {
  let at = nearest + ((k - 1) << 3);
  if (!(square < load<f64>(at))) return;
  while (at > nearest && square < load<f64>(at - 8)) {
    store<f64>(at, load<f64>(at - 8));
    at -= 8;
  }
  store<f64>(at, square);
}

/** Summed from the nearest on. */
export function meanDistance(nearest: usize, count: u32): f64 {
  let sum: f64 = 0;
  for (let place: u32 = 0; place < count; place++) sum += sqrt(load<f64>(nearest + (place << 3)));
  return sum / <f64>count;
}

/** The k-th of two ascending lists. */
export function kthOfBoth(k: u32, one: usize, other: usize): f64 {
  for (let place: u32 = 1; place < k; place++) {
    if (load<f64>(one) < load<f64>(other)) one += 8;
    else other += 8;
  }
  return min(load<f64>(one), load<f64>(other));
}
