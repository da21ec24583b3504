import type { ClassNovelty } from './novelty-file';

/** How many sets of missing features a distribution keeps its marginals of. */
const MAX_CACHED_MARGINALS = 64;

/**
 * The values t = ln(value + offset) of one class's training rows, as a normal distribution with the given mean and
 * inverse covariance P. Owns its scratch: not to be shared between threads.
 */
export class ClassDistribution {
  readonly mean: Float64Array;
  /** Lower triangle, row by row, with the diagonal: read in this order, it is fastest. */
  private readonly precision: Float64Array;
  private readonly lengthPowers: Float64Array;
  private readonly residual: Float64Array;
  /** P δ, where δ is the direction in which t moves with the magnification; and δ' P δ. */
  private readonly lengthWeights: Float64Array;
  private readonly lengthSquare: number;
  private readonly marginals = new Map<number, ClassDistribution>();

  constructor(
    { mean, precision }: { readonly [part in keyof Pick<ClassNovelty, 'mean' | 'precision'>]: ArrayLike<number> },
    lengthPowers: ArrayLike<number>,
  ) {
    this.mean = Float64Array.from(mean);
    this.precision = Float64Array.from(precision);
    this.lengthPowers = Float64Array.from(lengthPowers);
    this.residual = new Float64Array(this.mean.length);
    this.lengthWeights = this.times(this.lengthPowers);
    this.lengthSquare = this.lengthWeights.reduce(
      (sum, weight, feature) => sum + weight * this.lengthPowers[feature],
      0,
    );
  }

  /**
   * The distribution of the measured features alone. The rows and columns of the others are 0, so that anything in their
   * place has no weight.
   * @param missing bit f is set when feature f was not measured
   */
  marginal(missing: number): ClassDistribution {
    if (missing === 0) return this;
    let marginal = this.marginals.get(missing);
    if (marginal === undefined) {
      if (this.marginals.size === MAX_CACHED_MARGINALS) this.marginals.clear();
      marginal = new ClassDistribution(
        { mean: this.mean, precision: this.precisionWithout(missing) },
        this.lengthPowers,
      );
      this.marginals.set(missing, marginal);
    }
    return marginal;
  }

  /** Squared Mahalanobis distance. @param t no NaN: anything where not measured */
  distance(t: Float64Array): number {
    const { mean, precision, residual } = this;
    let square = 0;
    for (let feature = 0, at = 0; feature < mean.length; feature++) {
      const own = t[feature] - mean[feature];
      let others = 0;
      for (let other = 0; other < feature; other++) others += precision[at++] * residual[other];
      square += own * (2 * others + precision[at++] * own);
      residual[feature] = own;
    }
    return square;
  }

  /** P (t − mean): how far each feature is from what the others lead to expect, times its precision. */
  pulls(t: Float64Array): Float64Array {
    return this.times(t.map((value, feature) => value - this.mean[feature]));
  }

  /** Inverse variance of a feature when the others are known; 0 where not measured. */
  precisionOf(feature: number): number {
    return this.precision[place(feature, feature)];
  }

  /** The logarithm of the magnification at which t is most likely, in units of its standard error. */
  magnificationScore(t: Float64Array): number {
    return this.lengthSquare > 0 ? this.pullOfLengths(t) / Math.sqrt(this.lengthSquare) : 0;
  }

  /** The magnification, relative to the training data's, at which t is most likely; 1 where none can be told. */
  magnification(t: Float64Array): number {
    return this.lengthSquare > 0 ? Math.exp(this.pullOfLengths(t) / this.lengthSquare) : 1;
  }

  private pullOfLengths(t: Float64Array): number {
    const { mean, lengthWeights } = this;
    let sum = 0;
    for (let feature = 0; feature < mean.length; feature++)
      sum += lengthWeights[feature] * (t[feature] - mean[feature]);
    return sum;
  }

  private times(vector: Float64Array): Float64Array {
    return vector.map((_, row) =>
      vector.reduce((sum, value, column) => sum + this.precision[place(row, column)] * value, 0),
    );
  }

  /** Marginalises one feature after the other: what its row and column explain is taken out of the rest. */
  private precisionWithout(missing: number): Float64Array {
    const features = Array.from(this.mean.keys());
    const rest = this.precision.slice();
    for (const out of features.filter((feature) => (missing & (1 << feature)) !== 0)) {
      const column = features.map((feature) => rest[place(feature, out)]);
      for (const row of features) {
        for (let other = 0; other <= row; other++) {
          rest[place(row, other)] =
            row === out || other === out ? 0 : rest[place(row, other)] - (column[row] * column[other]) / column[out];
        }
      }
    }
    return rest;
  }
}

/** Index of an entry of a symmetric matrix in its lower triangle. */
function place(row: number, column: number): number {
  return row > column ? (row * (row + 1)) / 2 + column : (column * (column + 1)) / 2 + row;
}
