import type { Model } from '../model';

/**
 * A metric over whole-number grades as sums of whole parts: what a feature adds depends on its two grades alone, and
 * every sum of parts has a rank among all distances and a distance. Equal distances have equal ranks, so that ties are
 * ties and comparing is one look-up.
 */
export interface GradeScale {
  readonly highest: number;
  /** Part that a feature adds, by sample grade × (highest + 1) + training grade. */
  readonly parts: Int32Array;
  /** By sum of parts. */
  readonly ranks: Uint16Array;
  /** By rank. */
  readonly distances: Float64Array;
  /** What a distance is in proportion to, from its sum of parts; 0 where it stands for itself. */
  readonly sizeOf: (sum: number) => number;
  /**
   * The least that a distance of at least this size can become when one grade of the sample goes up or down by one.
   * Grows with distance and size.
   */
  readonly leastAfterStep: (distance: number, size: number, step: 1 | -1) => number;
}

/** Keeps every rank within 16 bits. */
const MOST_GRADES_IN_ALL = 100;

/** @returns undefined when the model compares decimals: by its schema, or because it scales */
export function createGradeScale({ file: { metric, scaling }, schema: { features } }: Model): GradeScale | undefined {
  const highest = Math.max(...features.map(({ max }) => max));
  const isGraded = features.every(({ integer, min }) => integer && min >= 1) && highest * features.length <= MOST_GRADES_IN_ALL;
  if (scaling !== null || !isGraded) return undefined;
  return metric === 'euclidean' ? squares(highest, features.length) : fractions(highest, features.length);
}

/** Euclidean: the squared difference, whose order is the distance's own. */
function squares(highest: number, featureCount: number): GradeScale {
  const largest = featureCount * (highest - 1) ** 2;
  const ranks = Uint16Array.from({ length: largest + 1 }, (_, sum) => sum);
  return {
    highest,
    parts: eachPair(highest, (a, b) => (a - b) ** 2),
    ranks,
    distances: Float64Array.from(ranks, Math.sqrt),
    sizeOf: () => 0,
    leastAfterStep: (distance) => distance - 1,
  };
}

/** Bray-Curtis: |a − b| and a + b in one number, the latter times more than the former can reach. */
function fractions(highest: number, featureCount: number): GradeScale {
  const radix = featureCount * (highest - 1) + 1;
  const distanceOf = (sum: number) => (sum < radix ? 0 : (sum % radix) / Math.floor(sum / radix));
  // Different fractions of numbers this small are different doubles, equal ones the same double.
  const bySum = Float64Array.from({ length: radix * (2 * highest * featureCount + 1) }, (_, sum) => distanceOf(sum));
  const distances = Float64Array.from(new Set(bySum)).sort();
  const rankOf = new Map(Array.from(distances, (distance, rank) => [distance, rank]));
  return {
    highest,
    parts: eachPair(highest, (a, b) => Math.abs(a - b) + (a + b) * radix),
    ranks: Uint16Array.from(bySum, (distance) => rankOf.get(distance) ?? 0),
    distances,
    sizeOf: (sum) => Math.floor(sum / radix),
    // The numerator loses one at the most, the denominator goes with the grade.
    leastAfterStep: (distance, size, step) => (distance * size - 1) / (size + step),
  };
}

function eachPair(highest: number, part: (a: number, b: number) => number): Int32Array {
  const width = highest + 1;
  return Int32Array.from({ length: width * width }, (_, index) => part(Math.floor(index / width), index % width));
}
