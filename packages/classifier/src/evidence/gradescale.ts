import type { Model } from '../model';

/**
 * A metric over whole-number grades as sums of whole parts: what a feature adds depends on its two grades alone, and
 * every sum of parts has a distance. Equal distances are the same double and different ones are not, so that ties are ties.
 */
export interface GradeScale {
  readonly highest: number;
  /** Part that a feature adds, by sample grade × (highest + 1) + training grade. */
  readonly parts: Int32Array;
  /**
   * Whether a sum is a fraction, its numerator in the lower 16 bits and its denominator above, or stands for itself.
   * A fraction of numbers this small orders in single precision as it does in double: two differ by 1 / 200² or not at all.
   */
  readonly isRatio: boolean;
  readonly distanceOf: (sum: number) => number;
  /** A whole number below 2¹⁵ that never falls as the distance grows. */
  readonly orderOf: (sum: number) => number;
  /** What a distance is in proportion to, from its sum of parts; 0 where it stands for itself. */
  readonly sizeOf: (sum: number) => number;
  /**
   * The least that a distance of at least this size can become when one grade of the sample goes up or down by one.
   * Grows with distance and size.
   */
  readonly leastAfterStep: (distance: number, size: number, step: 1 | -1) => number;
}

/** Keeps numerators and squares below 2¹⁵, and denominators at or below 200. */
const MOST_GRADES_IN_ALL = 100;
const DENOMINATOR = 2 ** 16;
const LOWER_BITS = DENOMINATOR - 1;
const ORDERS = 2 ** 15;

/** @returns undefined when the model compares decimals: by its schema, or because it scales */
export function createGradeScale({ file: { metric, scaling }, schema: { features } }: Model): GradeScale | undefined {
  const highest = Math.max(...features.map(({ max }) => max));
  const isGraded = features.every(({ integer, min }) => integer && min >= 1) && highest * features.length <= MOST_GRADES_IN_ALL;
  if (scaling !== null || !isGraded) return undefined;
  return metric === 'euclidean' ? squares(highest) : fractions(highest);
}

/** Euclidean: the squared difference, whose order is the distance's own. */
function squares(highest: number): GradeScale {
  return {
    highest,
    parts: eachPair(highest, (a, b) => (a - b) ** 2),
    isRatio: false,
    distanceOf: Math.sqrt,
    orderOf: (sum) => sum,
    sizeOf: () => 0,
    leastAfterStep: (distance) => distance - 1,
  };
}

/** Bray-Curtis: |a − b| and a + b in one number. */
function fractions(highest: number): GradeScale {
  const distanceOf = (sum: number) => (sum & LOWER_BITS) / (sum >>> 16);
  return {
    highest,
    parts: eachPair(highest, (a, b) => Math.abs(a - b) + (a + b) * DENOMINATOR),
    isRatio: true,
    distanceOf,
    orderOf: (sum) => Math.floor(distanceOf(sum) * ORDERS),
    sizeOf: (sum) => sum >>> 16,
    // The numerator loses one at the most, the denominator goes with the grade.
    leastAfterStep: (distance, size, step) => (distance * size - 1) / (size + step),
  };
}

function eachPair(highest: number, part: (a: number, b: number) => number): Int32Array {
  const width = highest + 1;
  return Int32Array.from({ length: width * width }, (_, index) => part(Math.floor(index / width), index % width));
}
