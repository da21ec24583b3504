import type { Model } from '../model/model';
import { ValueBins } from './value-bins';

const STEPS = 40;

/** A file beside the mixture of the two classes' training rows that it fits best. */
export interface Comparison {
  /** Share of malignant in that mixture. */
  readonly malignantShare: number;
  /**
   * By feature: how far values would have to be moved on average to be distributed as in the mixture, in standard
   * deviations of the training data.
   */
  readonly effects: Float64Array;
  /** By feature: mean of the file minus mean of the mixture, in the same unit. */
  readonly shifts: Float64Array;
  /** Number of measured values by feature. */
  readonly measured: Float64Array;
}

/** Distribution of a feature's values. */
interface Cumulative {
  /** The share of the values at or below each bin. */
  readonly shares: Float64Array;
  /** The first bin whose share is above 0. */
  readonly first: number;
  /** From this bin on the share is 1. */
  readonly end: number;
}

/**
 * Compares distributions of values whatever the mix of classes: a file of benign records alone is no drift. One mixture
 * is fitted to all features together, so that sizes cannot be explained by one share of malignant and textures by
 * another.
 */
export class ClassMix {
  readonly bins: ValueBins;
  /** By label and feature. */
  private readonly cumulative: readonly (readonly Cumulative[])[];
  private readonly means: readonly Float64Array[];
  /** By feature: the distance of each bin to the next one. */
  private readonly widths: readonly Float64Array[];

  constructor({ schema, training }: Pick<Model, 'schema' | 'training'>) {
    this.bins = new ValueBins({ schema, training });
    const { featureCount, samples, labels } = training;
    const counts = [0, 1].map((label) =>
      this.bins.count(samples.filter((_, index) => labels[Math.floor(index / featureCount)] === label)),
    );
    const features = Array.from({ length: featureCount }, (_, feature) => feature);
    const { measuredBins } = this.bins;
    this.widths = features.map((feature) =>
      Float64Array.from(
        { length: measuredBins + 1 },
        (_, bin) => this.bins.positionOf(bin + 1, feature) - this.bins.positionOf(bin, feature),
      ),
    );
    this.cumulative = counts.map((count) => features.map((feature) => this.cumulate(count, feature)));
    this.means = this.cumulative.map((ofLabel) =>
      Float64Array.from(ofLabel, ({ shares }, feature) => this.meanOf(shares, feature)),
    );
  }

  /** @param counts of a file, as `ValueBins.count` gives them */
  compare(counts: ArrayLike<number>): Comparison {
    const features = Array.from({ length: this.bins.featureCount }, (_, feature) => feature);
    const file = features.map((feature) => this.cumulate(counts, feature));
    const measured = Float64Array.from(features, (feature) => this.countMeasured(counts, feature));
    const present = features.filter((feature) => measured[feature] > 0);
    const malignantShare = lowestConvex((share) =>
      present.reduce((sum, feature) => sum + this.distance(file[feature], feature, share), 0),
    );
    const effects = new Float64Array(features.length);
    const shifts = new Float64Array(features.length);
    for (const feature of present) {
      effects[feature] = this.distance(file[feature], feature, malignantShare);
      shifts[feature] = this.meanOf(file[feature].shares, feature) - this.mixtureMean(feature, malignantShare);
    }
    return { malignantShare, effects, shifts, measured };
  }

  /** The effect of a feature's column by itself, whatever the mix of classes. @param counts of this column, by bin */
  effectOf(counts: ArrayLike<number>, feature: number): number {
    const column = this.cumulate(counts, 0);
    const distance = (malignantShare: number) => this.distance(column, feature, malignantShare);
    return distance(lowestConvex(distance));
  }

  /** First Wasserstein distance: the area between two cumulative distributions. */
  private distance(file: Cumulative, feature: number, malignantShare: number): number {
    const [benign, malignant] = [this.cumulative[0][feature], this.cumulative[1][feature]];
    const widths = this.widths[feature];
    // Before and after these bins nothing differs.
    const first = Math.min(file.first, benign.first, malignant.first);
    const end = Math.max(file.end, benign.end, malignant.end);
    let area = 0;
    for (let bin = first; bin < end; bin++) {
      const expected = benign.shares[bin] + malignantShare * (malignant.shares[bin] - benign.shares[bin]);
      area += Math.abs(file.shares[bin] - expected) * widths[bin];
    }
    return area;
  }

  private mixtureMean(feature: number, malignantShare: number): number {
    const [benign, malignant] = this.means;
    return benign[feature] + malignantShare * (malignant[feature] - benign[feature]);
  }

  private meanOf(shares: Float64Array, feature: number): number {
    let mean = 0;
    for (let bin = 1; bin < shares.length; bin++)
      mean += (shares[bin] - shares[bin - 1]) * this.bins.positionOf(bin, feature);
    return mean;
  }

  private countMeasured(counts: ArrayLike<number>, feature: number): number {
    const { binsPerFeature, measuredBins } = this.bins;
    let sum = 0;
    for (let bin = 1; bin <= measuredBins; bin++) sum += counts[feature * binsPerFeature + bin];
    return sum;
  }

  private cumulate(counts: ArrayLike<number>, feature: number): Cumulative {
    const { binsPerFeature, measuredBins } = this.bins;
    const total = this.countMeasured(counts, feature);
    const shares = new Float64Array(measuredBins + 1);
    let [below, first, end] = [0, shares.length, shares.length];
    for (let bin = 1; bin <= measuredBins; bin++) {
      below += counts[feature * binsPerFeature + bin];
      shares[bin] = total === 0 ? 0 : below / total;
      if (below > 0 && first > bin) first = bin;
      if (below === total && total > 0 && end > bin) end = bin;
    }
    return { shares, first, end };
  }
}

/** Where a convex function of a share is lowest, in steps. */
function lowestConvex(valueAt: (share: number) => number): number {
  let [low, high] = [0, STEPS];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueAt(middle / STEPS) <= valueAt((middle + 1) / STEPS)) high = middle;
    else low = middle + 1;
  }
  return low / STEPS;
}
