import type { ClassNovelty } from './novelty-file';

/** Maximum number of marginals, one per set of missing features, that a distribution caches. */
const MAX_CACHED_MARGINALS = 64;

/**
 * The values t = ln(value + offset) of one class's training rows, as a normal distribution with the given mean and
 * inverse covariance P. Owns its scratch: not to be shared between threads.
 */
export class ClassDistribution {
  readonly mean: Float64Array;
  /** Lower triangle, row by row, with the diagonal: read in this order, it is fastest. */
  private readonly precision: Float64Array;
  /** δ: by feature the exponent of length (radius 1, area 2, texture 0), along which t moves with the magnification. */
  private readonly sizeExponents: Float64Array;
  private readonly residual: Float64Array;
  /** P δ */
  private readonly precisionTimesDirection: Float64Array;
  /** δ' P δ */
  private readonly squaredDirectionNorm: number;
  private readonly marginals = new Map<string, ClassDistribution>();

  constructor(
    { mean, precision }: { readonly [part in keyof Pick<ClassNovelty, 'mean' | 'precision'>]: ArrayLike<number> },
    sizeExponents: ArrayLike<number>,
  ) {
    this.mean = Float64Array.from(mean);
    this.precision = Float64Array.from(precision);
    this.sizeExponents = Float64Array.from(sizeExponents);
    this.residual = new Float64Array(this.mean.length);
    this.precisionTimesDirection = this.times(this.sizeExponents);
    this.squaredDirectionNorm = this.precisionTimesDirection.reduce(
      (sum, weight, feature) => sum + weight * this.sizeExponents[feature],
      0,
    );
  }

  /**
   * The distribution of the measured features alone. The rows and columns of the other features are 0, so that their
   * values have no weight.
   * @param missing ascending indexes of the features that were not measured
   */
  marginal(missing: readonly number[]): ClassDistribution {
    if (missing.length === 0) return this;
    const key = missing.join();
    let marginal = this.marginals.get(key);
    if (marginal === undefined) {
      if (this.marginals.size === MAX_CACHED_MARGINALS) this.marginals.clear();
      marginal = new ClassDistribution(
        { mean: this.mean, precision: this.precisionWithout(missing) },
        this.sizeExponents,
      );
      this.marginals.set(key, marginal);
    }
    return marginal;
  }

  /** Squared Mahalanobis distance. @param t any number, but not NaN, where not measured */
  distance(t: Float64Array): number {
    const { mean, precision, residual } = this;
    let square = 0;
    for (let feature = 0, at = 0; feature < mean.length; feature++) {
      const deviation = t[feature] - mean[feature];
      let others = 0;
      for (let other = 0; other < feature; other++) others += precision[at++] * residual[other];
      square += deviation * (2 * others + precision[at++] * deviation);
      residual[feature] = deviation;
    }
    return square;
  }

  /** P (t − mean): each feature's deviation from the value that the others predict, times its precision. */
  weightedResiduals(t: Float64Array): Float64Array {
    return this.times(t.map((value, feature) => value - this.mean[feature]));
  }

  /** Inverse variance of a feature when the others are known; 0 where not measured. */
  precisionOf(feature: number): number {
    return this.precision[triangleIndex(feature, feature)];
  }

  /** The logarithm of the magnification at which t is most likely, in units of its standard error. */
  magnificationScore(t: Float64Array): number {
    return this.squaredDirectionNorm > 0 ? this.projectOnSize(t) / Math.sqrt(this.squaredDirectionNorm) : 0;
  }

  /**
   * The magnification, relative to the training data's, at which t is most likely; 1 where the model has no size
   * direction.
   */
  magnification(t: Float64Array): number {
    return this.squaredDirectionNorm > 0 ? Math.exp(this.projectOnSize(t) / this.squaredDirectionNorm) : 1;
  }

  private projectOnSize(t: Float64Array): number {
    const { mean, precisionTimesDirection } = this;
    let sum = 0;
    for (let feature = 0; feature < mean.length; feature++)
      sum += precisionTimesDirection[feature] * (t[feature] - mean[feature]);
    return sum;
  }

  private times(vector: Float64Array): Float64Array {
    return vector.map((_, row) =>
      vector.reduce((sum, value, column) => sum + this.precision[triangleIndex(row, column)] * value, 0),
    );
  }

  /** Marginalises one missing feature after the other (Schur complement). */
  private precisionWithout(missing: readonly number[]): Float64Array {
    const features = Array.from(this.mean.keys());
    const rest = this.precision.slice();
    for (const out of missing) {
      const column = features.map((feature) => rest[triangleIndex(feature, out)]);
      for (const row of features) {
        for (let other = 0; other <= row; other++) {
          rest[triangleIndex(row, other)] =
            row === out || other === out
              ? 0
              : rest[triangleIndex(row, other)] - (column[row] * column[other]) / column[out];
        }
      }
    }
    return rest;
  }
}

/** Index of an entry of a symmetric matrix in its lower triangle. */
function triangleIndex(row: number, column: number): number {
  return row > column ? (row * (row + 1)) / 2 + column : (column * (column + 1)) / 2 + row;
}
