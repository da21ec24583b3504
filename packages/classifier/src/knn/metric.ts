import type { MetricName } from '../model/model-file';

/** Bound once: Jest runs tests in a vm context, where reading a global is slow. */
const { abs } = Math;

/**
 * Distances to all training rows as fractions. With integer features all four terms of a comparison
 * `a/b < c/d` ⇔ `a·d < c·b` are exact, so that ties are exact. No denominator is 0.
 */
export interface DistanceFractions {
  readonly numerators: Float64Array;
  readonly denominators: Float64Array;
}

/** Scaled values of the training rows, one array per feature because the inner loops run over rows. */
export interface TrainingColumns {
  readonly values: readonly Float64Array[];
  /** Sum of each row over all features. */
  readonly rowSums: Float64Array;
}

export interface DistanceMetric {
  /**
   * Fills one fraction per training row.
   * @param sample one value per feature; NaN values are left out of every sum
   */
  readonly computeDistances: (sample: Float64Array, columns: TrainingColumns, distances: DistanceFractions) => void;
  /** Parts of the fractions that are sums over the measured features; the other part is constant. */
  readonly additiveParts: readonly (keyof DistanceFractions)[];
  /** The distance as a number. */
  readonly toDistance: (numerator: number, denominator: number) => number;
}

/**
 * Σ|a−b| / Σ(a+b), 0 to 1 for positive integers. Bray and Curtis (1957), Ecological Monographs 27, 325-349.
 * A denominator is the row's sum plus the sample's; values of features that were not measured are subtracted.
 */
const brayCurtis: DistanceMetric = {
  computeDistances(sample, { values, rowSums }, { numerators, denominators }) {
    let sampleSum = 0;
    numerators.fill(0);
    denominators.set(rowSums);
    for (let feature = 0; feature < sample.length; feature++) {
      const value = sample[feature];
      if (Number.isNaN(value)) subtractColumn(values[feature], denominators);
      else {
        sampleSum += value;
        addDifferences(value, values[feature], numerators);
      }
    }
    for (let row = 0; row < denominators.length; row++) denominators[row] += sampleSum;
  },
  additiveParts: ['numerators', 'denominators'],
  toDistance: (numerator, denominator) => numerator / denominator,
};

function addDifferences(value: number, column: Float64Array, differences: Float64Array): void {
  for (let row = 0; row < column.length; row++) differences[row] += abs(value - column[row]);
}

function subtractColumn(column: Float64Array, sums: Float64Array): void {
  for (let row = 0; row < column.length; row++) sums[row] -= column[row];
}

/** √Σ(a−b)². Compared as the fraction square / 1, which needs no root and is exact for integers. */
const euclidean: DistanceMetric = {
  computeDistances(sample, { values }, { numerators, denominators }) {
    numerators.fill(0);
    denominators.fill(1);
    for (let feature = 0; feature < sample.length; feature++) {
      const value = sample[feature];
      if (!Number.isNaN(value)) addSquares(value, values[feature], numerators);
    }
  },
  additiveParts: ['numerators'],
  toDistance: (square) => Math.sqrt(square),
};

function addSquares(value: number, column: Float64Array, squares: Float64Array): void {
  for (let row = 0; row < column.length; row++) {
    const difference = value - column[row];
    squares[row] += difference * difference;
  }
}

export const distanceMetrics: Record<MetricName, DistanceMetric> = { 'bray-curtis': brayCurtis, euclidean };
