import { hasGrades } from '@cytoqueue/schema';
import type { Model } from '../model/model';
import { logarithmOffset } from '../novelty/logarithm-offset';
import { HISTOGRAM_BINS } from './drift';

/**
 * Numbers are counted in quarters of a standard deviation of their logarithm, or of themselves where they can be
 * negative; the ends open.
 */
const BINS_PER_DEVIATION = 4;
const REACH = 32 * BINS_PER_DEVIATION;
const NUMBER_BINS = 2 * REACH + 2;
const HIGHEST_GRADE = 10;

/**
 * How the values of a file are counted, feature by feature, to be compared with a model's training data. Bin 0 counts
 * what was not measured. Counts of parts of a file add up to those of the whole, exactly and in any order.
 */
export class ValueBins {
  /** `HISTOGRAM_BINS` for grades. */
  readonly binsPerFeature: number;
  /** Whether the values are numbers rather than grades. */
  readonly areNumbers: boolean;
  /** Whether the values of a feature are counted by their logarithm. */
  private readonly logarithmic: readonly boolean[];
  readonly featureCount: number;
  private readonly offsets: Float64Array;
  private readonly centers: Float64Array;
  private readonly scales: Float64Array;

  constructor({ schema, training }: Pick<Model, 'schema' | 'training'>) {
    const { featureCount, samples } = training;
    this.featureCount = featureCount;
    this.areNumbers = !hasGrades(schema);
    this.logarithmic = schema.features.map(({ min }) => this.areNumbers && min >= 0);
    this.binsPerFeature = this.areNumbers ? NUMBER_BINS : HISTOGRAM_BINS;
    const columns = Array.from({ length: featureCount }, (_, feature) =>
      samples.filter((__, index) => index % featureCount === feature),
    );
    this.offsets = Float64Array.from(columns, (column, feature) =>
      this.isLogarithmic(feature) ? logarithmOffset(column) : 0,
    );
    const scaled = columns.map((column, feature) => column.map((value) => this.transform(value, feature)));
    this.centers = Float64Array.from(scaled, mean);
    this.scales = Float64Array.from(
      scaled,
      (column, feature) => Math.sqrt(mean(column.map((value) => (value - this.centers[feature]) ** 2))) || 1,
    );
  }

  /** Counts of row-major samples, features × binsPerFeature. @param samples NaN where not measured */
  count(samples: ArrayLike<number>): Uint32Array {
    const { featureCount, binsPerFeature } = this;
    const counts = new Uint32Array(featureCount * binsPerFeature);
    for (let at = 0; at < samples.length; at += featureCount) {
      for (let feature = 0; feature < featureCount; feature++)
        counts[feature * binsPerFeature + this.binOf(samples[at + feature], feature)]++;
    }
    return counts;
  }

  binOf(value: number, feature: number): number {
    if (Number.isNaN(value)) return 0;
    if (!this.areNumbers) return value;
    const deviations = (this.transform(value, feature) - this.centers[feature]) / this.scales[feature];
    const bin = Math.round(deviations * BINS_PER_DEVIATION);
    return 1 + REACH + Math.max(-REACH, Math.min(REACH, bin));
  }

  /** Where a bin's values lie, in standard deviations of the training data from their mean. */
  positionOf(bin: number, feature: number): number {
    if (this.areNumbers) return (bin - 1 - REACH) / BINS_PER_DEVIATION;
    return (bin - this.centers[feature]) / this.scales[feature];
  }

  /** A value that a bin stands for. */
  valueOf(bin: number, feature: number): number {
    if (!this.areNumbers) return bin;
    const value = this.centers[feature] + this.positionOf(bin, feature) * this.scales[feature];
    return this.isLogarithmic(feature) ? Math.max(0, Math.exp(value) - this.offsets[feature]) : value;
  }

  /** How many bins from 1 on hold measured values: not the tenfolds of grades, which are out of range. */
  get measuredBins(): number {
    return this.areNumbers ? NUMBER_BINS - 1 : HIGHEST_GRADE;
  }

  /**
   * One unit of the scale that values are counted on, in standard deviations: for `isLogarithmic`, of the logarithm.
   */
  deviationsPerUnit(feature: number): number {
    return 1 / this.scales[feature];
  }

  isLogarithmic(feature: number): boolean {
    return this.logarithmic[feature] ?? false;
  }

  private transform(value: number, feature: number): number {
    return this.isLogarithmic(feature) ? Math.log(value + this.offsets[feature]) : value;
  }
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
