import type { Model } from '../model/model';
import { ClassMix, type Comparison } from './class-mix';
import { ColumnCauses, type DriftCause, lengthPowersOf, magnificationOf } from './column-causes';
import { defaultDriftLimits, type DriftLimits } from './drift-limits';
import { meanEffect, OtherScales } from './other-scales';

/** A file with fewer rows is not judged. */
export const MIN_VERDICT_ROWS = 30;

/**
 * Smaller effects are of no account in a file of any size. In standard deviations of the training data, as all here.
 */
const LEAST_EFFECT = 0.25;
const LEAST_MEAN_EFFECT = 0.1;
/** From here on a column is no longer that of the training data. */
const UNLIKE_EFFECT = 1;
const UNLIKE_MEAN_EFFECT = 0.5;
/** The same of the magnification of a file, as logarithms. */
const LEAST_MAGNIFICATION = Math.log(1.1);
const UNLIKE_MAGNIFICATION = Math.log(1.3);
/** Smallest gain in the mean effect by which another scale of grades counts. */
const LEAST_SCALE_GAIN = 0.03;
/** How much farther than by chance a file must be to be called unlike the training data. */
const UNLIKE_OVER_CHANCE = 1.25;

/** A column of grades with a larger share of tenfolds is on a scale of 10 to 100. */
const TENFOLD_SHARE = 0.2;

interface Tenfold {
  readonly feature: number;
  readonly count: number;
}

export type DriftVerdictName = 'like_training' | 'differs' | 'unlike_training' | 'too_few_rows';

export interface DriftColumn {
  readonly column: string;
  /** Absent where nothing that is known explains it. */
  readonly cause?: DriftCause;
  /**
   * How far the column's values lie from where the training data have them, in standard deviations of the training
   * data.
   */
  readonly effect_size: number;
}

export interface DriftVerdict {
  readonly verdict: DriftVerdictName;
  /** The columns that differ, the most different first. */
  readonly columns: readonly DriftColumn[];
}

/**
 * Judges whether a file's values are distributed as a model's training data are, whatever its mix of classes. Depends
 * on the counts alone: parts of a file may be counted anywhere and added in any order.
 */
export class DriftJudge {
  private readonly mix: ClassMix;
  private readonly limits: DriftLimits;
  private readonly smallestClass: number;
  private readonly lengthPowers: readonly number[] | null;
  private scales: OtherScales | undefined;

  constructor(private readonly model: Model) {
    this.mix = new ClassMix(model);
    this.limits = model.file.drift ?? defaultDriftLimits;
    this.lengthPowers = lengthPowersOf(model.schema);
    const malignant = model.training.labels.reduce((sum, label) => sum + label, 0);
    this.smallestClass = Math.min(malignant, model.training.rows - malignant);
  }

  get bins() {
    return this.mix.bins;
  }

  /** @param counts of a file, as `ValueBins.count` gives them, or none */
  judge(counts: ArrayLike<number>): DriftVerdict {
    if (counts.length === 0) return { verdict: 'too_few_rows', columns: [] };
    const comparison = this.mix.compare(counts);
    const rows = Math.max(...comparison.measured);
    const tenfold = this.findTenfold(counts);
    if (rows + Math.max(...tenfold.map(({ count }) => count), 0) < MIN_VERDICT_ROWS)
      return { verdict: 'too_few_rows', columns: [] };
    const standardError = Math.sqrt(1 / Math.max(1, rows) + 1 / this.smallestClass);
    const chance = this.limits.largest_effect * standardError;
    const scale = this.otherScale(counts, comparison, standardError);
    const columns = this.describeColumns(counts, comparison, Math.max(LEAST_EFFECT, chance), scale, tenfold);
    return {
      verdict: this.verdictOf(comparison, standardError, columns, scale !== undefined || tenfold.length > 0),
      columns,
    };
  }

  private verdictOf(
    comparison: Comparison,
    standardError: number,
    columns: readonly DriftColumn[],
    isOnOtherScale: boolean,
  ): DriftVerdictName {
    const { limits } = this;
    const isBeyond = (value: number, byChance: number, least: number) =>
      value > Math.max(least, byChance * standardError);
    const isFarBeyond = (value: number, byChance: number, least: number) =>
      isBeyond(value, byChance * UNLIKE_OVER_CHANCE, least);
    const largest = Math.max(...comparison.effects);
    const mean = meanEffect(comparison);
    const magnification = Math.abs(magnificationOf(this.mix, this.lengthPowers, comparison) ?? 0);
    const magnificationByChance = limits.magnification ?? Infinity;
    if (isOnOtherScale || isFarBeyond(largest, limits.largest_effect, UNLIKE_EFFECT)) return 'unlike_training';
    if (
      isFarBeyond(mean, limits.mean_effect, UNLIKE_MEAN_EFFECT) ||
      isFarBeyond(magnification, magnificationByChance, UNLIKE_MAGNIFICATION)
    )
      return 'unlike_training';
    const differs =
      columns.length > 0 ||
      isBeyond(mean, limits.mean_effect, LEAST_MEAN_EFFECT) ||
      isBeyond(magnification, magnificationByChance, LEAST_MAGNIFICATION);
    return differs ? 'differs' : 'like_training';
  }

  private describeColumns(
    counts: ArrayLike<number>,
    comparison: Comparison,
    least: number,
    scale: string | undefined,
    tenfold: readonly Tenfold[],
  ): DriftColumn[] {
    const { binsPerFeature } = this.bins;
    const { effects, measured } = comparison;
    const columnOf = (feature: number) =>
      Array.from({ length: binsPerFeature }, (_, bin) => counts[feature * binsPerFeature + bin]);
    const threshold = scale === undefined ? least : Math.min(least, LEAST_MEAN_EFFECT);
    const isTenfold = (feature: number) => tenfold.some((one) => one.feature === feature);
    const isMissing = (feature: number) => counts[feature * binsPerFeature] > measured[feature];
    const odd = Array.from(effects.keys()).filter(
      (feature) => isTenfold(feature) || isMissing(feature) || effects[feature] > threshold,
    );
    const causes = new ColumnCauses(
      this.mix,
      this.lengthPowers,
      new Map(odd.map((feature) => [feature, columnOf(feature)])),
      comparison,
    );
    const causeOf = (feature: number): DriftCause | undefined => {
      if (isTenfold(feature)) return 'factor_ten';
      if (isMissing(feature)) return 'not_measured';
      return scale === undefined ? causes.of(feature) : 'other_scale';
    };
    return odd
      .toSorted((one, other) => effects[other] - effects[one])
      .map((feature) => ({
        column: this.model.schema.features[feature].name,
        cause: causeOf(feature),
        effect_size: Number(effects[feature].toFixed(2)),
      }));
  }

  /**
   * The scale of grades that explains the file better than that of the training data, beyond chance; undefined for
   * none.
   */
  private otherScale(counts: ArrayLike<number>, comparison: Comparison, standardError: number): string | undefined {
    const { scale_gain: gainByChance } = this.limits;
    if (this.bins.areNumbers || gainByChance === null) return undefined;
    const leastGain = Math.max(LEAST_SCALE_GAIN, gainByChance * standardError * UNLIKE_OVER_CHANCE);
    // No scale gains more than the whole effect.
    if (meanEffect(comparison) <= leastGain) return undefined;
    this.scales ??= new OtherScales(this.model);
    const { name, gain } = this.scales.findBestScale(counts, comparison);
    return gain > leastGain ? name : undefined;
  }

  /** Columns of grades of which many are tenfolds, and out of range. */
  private findTenfold(counts: ArrayLike<number>): Tenfold[] {
    const { areNumbers, binsPerFeature, featureCount, measuredBins } = this.bins;
    if (areNumbers) return [];
    const features = Array.from({ length: featureCount }, (_, feature) => feature);
    return features.flatMap((feature) => {
      const count = counts[feature * binsPerFeature + measuredBins + 1];
      const total = Array.from({ length: binsPerFeature }, (_, bin) => counts[feature * binsPerFeature + bin]).reduce(
        (sum, one) => sum + one,
        0,
      );
      return count > total * TENFOLD_SHARE ? [{ feature, count }] : [];
    });
  }
}
