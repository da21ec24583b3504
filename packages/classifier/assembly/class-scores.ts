import { benignCount, benignEnd, isVotes, k, malignantCount, rows } from './grades-layout';
import { farthestKey, modelKeys, sumOfDistances, takeNearest } from './nearest-rows';

/** Scores of the sample scored last: the mean distance to the k nearest rows of a class, or its votes. */
export let benignScore: f64 = 0;
export let malignantScore: f64 = 0;

/** Scores the sample whose packed distances are the sum of three arrays of rows, which it stores in `sum`. */
export function score(a: usize, b: usize, c: usize, sum: usize): void {
  if (isVotes) {
    takeNearest(a, b, c, sum, 0, rows, min(k, benignCount + malignantCount));
    benignScore = countWithin(sum, 0, benignEnd, farthestKey);
    malignantScore = countWithin(sum, benignEnd, rows, farthestKey);
  } else {
    benignScore = meanDistance(a, b, c, sum, 0, benignEnd, min(k, benignCount));
    malignantScore = meanDistance(a, b, c, sum, benignEnd, rows, min(k, malignantCount));
  }
}

/** Mean distance to the nearest of a range of rows; stores their packed distances in `sum`. */
export function meanDistance(a: usize, b: usize, c: usize, sum: usize, from: u32, to: u32, count: u32): f64 {
  takeNearest(a, b, c, sum, from, to, count);
  return sumOfDistances / count;
}

function countWithin(distances: usize, from: u32, to: u32, limit: i32): f64 {
  const limits = i32x4.splat(limit);
  let count: u32 = 0;
  for (let row = from; row < to; row += 4) {
    count += popcnt(i32x4.bitmask(i32x4.le_s(modelKeys(v128.load(distances + (row << 2))), limits)));
  }
  return count;
}
