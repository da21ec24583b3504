import type { Label, Schema } from '@cytoqueue/schema';
import { isGreyZone } from '../knn/reasons';
import type { Samples } from '../knn/search';
import { ClassDistribution } from './class-distribution';
import type { ClassNovelty, NoveltyFile } from './novelty-file';
import type { UnexpectedFeature, UnusualEvidence } from './unusual-evidence';

/** Read once: in a vm context, such as a test, each access to a global is a slow call. */
const { abs, log } = Math;
const { isNaN } = Number;

/** A feature this many conditional standard deviations from the value that the others predict is named. */
const UNEXPECTED_DEVIATIONS = 3;
const MAX_UNEXPECTED = 5;
/** Samples whose features are grades may be given as bytes, whose logarithms are looked up. */
const MAX_BYTE = 255;

/**
 * Recognises records that are unlike the training data, from one record alone. A record is novel when it fits none of
 * the classes that its probability leaves possible, or when one value lies outside the bounds. The size of the nuclei
 * alone does not show it: a benign nucleus that was measured at twice the magnification is as large as a malignant one,
 * but its other values fit no malignant one. Owns its scratch: not to be shared between threads.
 */
export class Novelty {
  /** ln(value + offset) by feature. */
  private readonly logValues: Float64Array;
  private readonly offsets: Float64Array;
  private readonly distributions: readonly [ClassDistribution, ClassDistribution];
  /** ln(value + offset) by feature and value of a byte. */
  private readonly logarithms: readonly Float64Array[];
  /** A value outside these bounds is unusual by itself. */
  private readonly lowerBounds: Float64Array;
  private readonly upperBounds: Float64Array;
  /** Set by loadDoubles and loadBytes: the features that were not measured. */
  private readonly missing: number[] = [];
  /** Set by loadDoubles and loadBytes: a value lies outside lowerBounds or upperBounds. */
  private isOutsideBounds = false;

  constructor(private readonly file: NoveltyFile) {
    const { offsets, classes, length_powers: powers, range_margin: margin } = file;
    const sizeExponents = powers ?? offsets.map(() => 0);
    this.logValues = new Float64Array(offsets.length);
    this.offsets = Float64Array.from(offsets);
    this.lowerBounds = Float64Array.from(file.lowest, (value) => value / margin);
    this.upperBounds = Float64Array.from(file.highest, (value) => value * margin);
    this.distributions = [
      new ClassDistribution(classes[0], sizeExponents),
      new ClassDistribution(classes[1], sizeExponents),
    ];
    this.logarithms = offsets.map((offset) =>
      Float64Array.from({ length: MAX_BYTE + 1 }, (_, value) => log(value + offset)),
    );
  }

  /**
   * @param samples row-major; 0 in bytes and NaN in doubles is "not measured"
   * @param at where the sample begins
   * @param probability the model's answer to this sample
   */
  isNovel(samples: Samples, at: number, probability: number): boolean {
    if (samples instanceof Uint8Array) this.loadBytes(samples, at);
    else this.loadDoubles(samples, at);
    if (this.isOutsideBounds) return true;
    const fitsPossibleClass =
      (isBenignPossible(probability) && this.fits(0)) || (isMalignantPossible(probability) && this.fits(1));
    return !fitsPossibleClass;
  }

  /** Describes how the sample differs from the class that it fits best, of those its probability leaves possible. */
  describe(sample: Float64Array, probability: number, schema: Schema): UnusualEvidence {
    this.loadDoubles(sample, 0);
    const possible = ([0, 1] as const).filter((label) =>
      (label === 0 ? isBenignPossible : isMalignantPossible)(probability),
    );
    const ratios = possible.map((label) => ({ label, ratioToLimit: this.ratioToLimit(label) }));
    const { label, ratioToLimit } = ratios.reduce((best, other) =>
      other.ratioToLimit < best.ratioToLimit ? other : best,
    );
    const { file, logValues } = this;
    const distribution = this.distributions[label].marginal(this.missing);
    const limit = file.classes[label].magnification_limit;
    const isMagnified = limit !== null && abs(distribution.magnificationScore(logValues)) > limit;
    return {
      compared_with: schema.labels[label],
      distance_over_limit: rounded(ratioToLimit),
      magnification: isMagnified ? rounded(distribution.magnification(logValues)) : null,
      outside_training_range: schema.features.flatMap(({ name }, feature) => {
        const [value, lowest, highest] = [sample[feature], file.lowest[feature], file.highest[feature]];
        return value < lowest || value > highest ? [{ feature: name, value, lowest, highest }] : [];
      }),
      unexpected: this.findUnexpected(distribution, sample, schema),
    };
  }

  /** Whether the loaded sample is within a class's limits. */
  private fits(label: Label): boolean {
    return this.ratioToLimit(label) <= 1;
  }

  /** Distance of the loaded sample from a class, as a ratio to the class's limit: above 1 it does not fit the class. */
  private ratioToLimit(label: Label): number {
    const { logValues, missing, file } = this;
    const { distance_limit: distanceLimit, magnification_limit: magnificationLimit }: ClassNovelty =
      file.classes[label];
    const distribution = this.distributions[label].marginal(missing);
    const measured = logValues.length - missing.length;
    const byDistance = distribution.distance(logValues) / ((distanceLimit * measured) / logValues.length);
    if (magnificationLimit === null) return byDistance;
    return Math.max(byDistance, abs(distribution.magnificationScore(logValues)) / magnificationLimit);
  }

  private findUnexpected(
    distribution: ClassDistribution,
    sample: Float64Array,
    { features }: Schema,
  ): UnexpectedFeature[] {
    const { logValues, file } = this;
    const weightedResiduals = distribution.weightedResiduals(logValues);
    const found = features.flatMap(({ name, min, max }, feature) => {
      if (isNaN(sample[feature])) return [];
      const precision = distribution.precisionOf(feature);
      const weightedResidual = weightedResiduals[feature];
      const expected = Math.exp(logValues[feature] - weightedResidual / precision) - file.offsets[feature];
      const deviations = weightedResidual / Math.sqrt(precision);
      return [
        {
          feature: name,
          value: sample[feature],
          expected: rounded(Math.min(max, Math.max(min, expected))),
          deviations: rounded(deviations),
        },
      ];
    });
    const oddestFirst = found.toSorted((a, b) => abs(b.deviations) - abs(a.deviations));
    return oddestFirst.filter(({ deviations }) => abs(deviations) >= UNEXPECTED_DEVIATIONS).slice(0, MAX_UNEXPECTED);
  }

  private loadDoubles(samples: Float64Array, at: number): void {
    const { logValues, offsets, lowerBounds, upperBounds } = this;
    this.missing.length = 0;
    this.isOutsideBounds = false;
    for (let feature = 0; feature < logValues.length; feature++) {
      const value = samples[at + feature];
      if (isNaN(value)) this.skip(feature);
      else logValues[feature] = log(value + offsets[feature]);
      if (value > upperBounds[feature] || value < lowerBounds[feature]) this.isOutsideBounds = true;
    }
  }

  private loadBytes(samples: Uint8Array, at: number): void {
    const { logValues, logarithms, lowerBounds, upperBounds } = this;
    this.missing.length = 0;
    this.isOutsideBounds = false;
    for (let feature = 0; feature < logValues.length; feature++) {
      const value = samples[at + feature];
      if (value === 0) {
        this.skip(feature);
        continue;
      }
      logValues[feature] = logarithms[feature][value];
      if (value > upperBounds[feature] || value < lowerBounds[feature]) this.isOutsideBounds = true;
    }
  }

  private skip(feature: number): void {
    this.logValues[feature] = 0;
    this.missing.push(feature);
  }
}

/**
 * Which classes a probability of malignancy leaves possible: both between .05 and .95, else the more probable one, at
 * every operating point.
 */
function isBenignPossible(probability: number): boolean {
  return probability < 0.5 || isGreyZone(probability);
}

function isMalignantPossible(probability: number): boolean {
  return probability >= 0.5 || isGreyZone(probability);
}

/** Three digits are all that a reader needs. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
