import type { Model } from '../model/model';

/**
 * A metric over whole-number grades as sums of whole parts: what a feature adds depends on its two grades alone, and
 * every sum of parts has a distance. Equal distances are the same double and different ones are not, so that ties are ties.
 */
export interface PackedMetric {
  readonly maxGrade: number;
  /** Part that a feature adds, by sample grade × (highest + 1) + training grade. */
  readonly terms: Int32Array;
  /**
   * Whether a sum is a fraction, its numerator in the lower 16 bits and its denominator above, or stands for itself.
   * A fraction of numbers this small orders in single precision as it does in double: two differ by 1 / 200² or not at all.
   */
  readonly isRatio: boolean;
  readonly toDistance: (sum: number) => number;
  /** A whole number below 2¹⁵ that never falls as the distance grows. */
  readonly sortKey: (sum: number) => number;
  /** What a distance is in proportion to, from its sum of parts; 0 where it stands for itself. */
  readonly denominatorOf: (sum: number) => number;
  /**
   * The least that a distance of at least this size can become when one grade of the sample goes up or down by one.
   * Grows with distance and size.
   */
  readonly lowerBoundAfterStep: (distance: number, size: number, step: 1 | -1) => number;
}

/** Keeps numerators and squares below 2¹⁵, and denominators at or below 200. */
const MAX_TOTAL_GRADES = 100;
const DENOMINATOR_UNIT = 2 ** 16;
const NUMERATOR_MASK = DENOMINATOR_UNIT - 1;
const SORT_KEYS = 2 ** 15;

/** @returns undefined when the model compares decimals: by its schema, or because it scales */
export function createPackedMetric({
  file: { metric, scaling },
  schema: { features },
}: Model): PackedMetric | undefined {
  const maxGrade = Math.max(...features.map(({ max }) => max));
  const hasGrades =
    features.every(({ integer, min }) => integer && min >= 1) && maxGrade * features.length <= MAX_TOTAL_GRADES;
  if (scaling !== null || !hasGrades) return undefined;
  return metric === 'euclidean' ? packedSquares(maxGrade) : packedFractions(maxGrade);
}

/** Euclidean: the squared difference, whose order is the distance's own. */
function packedSquares(maxGrade: number): PackedMetric {
  return {
    maxGrade,
    terms: termTable(maxGrade, (a, b) => (a - b) ** 2),
    isRatio: false,
    toDistance: Math.sqrt,
    sortKey: (sum) => sum,
    denominatorOf: () => 0,
    lowerBoundAfterStep: (distance) => distance - 1,
  };
}

/** Bray-Curtis: |a − b| and a + b in one number. */
function packedFractions(maxGrade: number): PackedMetric {
  const toDistance = (sum: number) => (sum & NUMERATOR_MASK) / (sum >>> 16);
  return {
    maxGrade,
    terms: termTable(maxGrade, (a, b) => Math.abs(a - b) + (a + b) * DENOMINATOR_UNIT),
    isRatio: true,
    toDistance,
    sortKey: (sum) => Math.floor(toDistance(sum) * SORT_KEYS),
    denominatorOf: (sum) => sum >>> 16,
    // The numerator loses one at the most, the denominator goes with the grade.
    lowerBoundAfterStep: (distance, size, step) => (distance * size - 1) / (size + step),
  };
}

function termTable(maxGrade: number, term: (a: number, b: number) => number): Int32Array {
  const width = maxGrade + 1;
  return Int32Array.from({ length: width * width }, (_, index) => term(Math.floor(index / width), index % width));
}
