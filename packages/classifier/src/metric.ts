import type { TrainingSet } from './model';
import type { MetricName } from './modelfile';

/** One sample, with the list of the features that were measured in it. */
export interface Query {
  /** One value per feature; those not measured are never read. */
  readonly values: Float64Array;
  /** The first `measuredCount` entries are the indexes of the measured features. */
  readonly measured: Int32Array;
  measuredCount: number;
}

/**
 * Distances to every training row as fractions. With whole-number features all four terms of a comparison
 * `a/b < c/d` ⇔ `a·d < c·b` are exact, so that ties are ties.
 */
export interface Distances {
  readonly numerators: Float64Array;
  readonly denominators: Float64Array;
}

export interface Metric {
  /** Fills one fraction per training row. Features that were not measured are left out of every sum. */
  readonly measure: (query: Query, training: TrainingSet, distances: Distances) => void;
  /** The distance that a fraction stands for. */
  readonly valueOf: (numerator: number, denominator: number) => number;
}

/** Σ|a−b| / Σ(a+b), 0 to 1 for positive features. Bray and Curtis (1957), Ecological Monographs 27, 325-349. */
const brayCurtis: Metric = {
  measure({ values, measured, measuredCount }, { rows, featureCount, samples }, { numerators, denominators }) {
    for (let row = 0, offset = 0; row < rows; row++, offset += featureCount) {
      let difference = 0;
      let sum = 0;
      for (let i = 0; i < measuredCount; i++) {
        const a = values[measured[i]];
        const b = samples[offset + measured[i]];
        difference += Math.abs(a - b);
        sum += a + b;
      }
      numerators[row] = difference;
      denominators[row] = sum;
    }
  },
  valueOf: (numerator, denominator) => numerator / denominator,
};

/** √Σ(a−b)². Compared by its square over 1, which needs no root and is exact for whole numbers. */
const euclidean: Metric = {
  measure({ values, measured, measuredCount }, { rows, featureCount, samples }, { numerators, denominators }) {
    for (let row = 0, offset = 0; row < rows; row++, offset += featureCount) {
      let squares = 0;
      for (let i = 0; i < measuredCount; i++) {
        const difference = values[measured[i]] - samples[offset + measured[i]];
        squares += difference * difference;
      }
      numerators[row] = squares;
    }
    denominators.fill(1);
  },
  valueOf: (square) => Math.sqrt(square),
};

export const metrics: Record<MetricName, Metric> = { 'bray-curtis': brayCurtis, euclidean };
