import { hasGrades, type Label, type Schema } from '@cytoqueue/schema';
import { Classifier, type Prediction, type PredictOptions } from '../classifier';
import { conformalEvidence } from './conformal';
import { DecimalAnalysis } from './decimal-analysis';
import type { ApproximatedPart, Evidence, MissingEvidence, RecordAnalysis, ShapleyEvidence } from './evidence';
import { canUseIntegerAnalysis, IntegerAnalysis } from './integer-analysis';
import { missingCombinations } from './missing';
import { UNUSUAL_RECORD } from '../knn/reasons';
import type { Model } from '../model/model';
import { Novelty } from '../novelty/novelty';

/** Limits the time of evidence to about a tenth of a second: each comparison takes a few nanoseconds. */
const MAX_COMPARISONS = 1e7;

/** Whether evidence for the model's predictions has a search for `flip`; see `DecimalAnalysis`. */
export function isFlipSearched(model: Model): boolean {
  return canUseIntegerAnalysis(model, MAX_COMPARISONS);
}

export interface ExplainedPrediction {
  readonly prediction: Prediction;
  readonly evidence: Evidence;
}

/**
 * Predicts samples and computes the evidence for the predictions. Repeatable, and exact except for the parts listed in
 * `approximated`. Owns scratch memory: use one instance per thread.
 */
export class Explainer {
  private readonly classifier: Classifier;
  private readonly analysis: RecordAnalysis;
  private readonly novelty: Novelty | undefined;
  /** Share of positive training rows. */
  private readonly prevalence: number;

  /**
   * @param options.maxComparisons of coalitions, or of combinations of missing values, with training rows; evidence that
   *   needs more is approximated
   */
  constructor(
    readonly model: Model,
    private readonly options: { readonly maxComparisons: number } = { maxComparisons: MAX_COMPARISONS },
  ) {
    const { file, training } = model;
    // `predict` uses the reference implementation only, so no kernel is compiled.
    this.classifier = new Classifier(model, { kernel: false });
    this.novelty = file.novelty && new Novelty(file.novelty);
    this.analysis = canUseIntegerAnalysis(model, options.maxComparisons)
      ? new IntegerAnalysis(model)
      : new DecimalAnalysis(model, options.maxComparisons);
    this.prevalence = training.labels.reduce((sum, label) => sum + label, 0) / training.rows;
  }

  /** Keys of the Shapley values: features, or quantities where the schema has several statistics of each quantity. */
  get shapleyNames(): readonly string[] {
    return this.analysis.allPlayerNames;
  }

  /**
   * @param sample one raw value per feature in the schema's order, NaN where not measured
   * @throws RangeError when the sample has the wrong length, no measured feature or, if the schema has grades, a
   *   value that is not one
   */
  explain(sample: ArrayLike<number>, options: PredictOptions = {}): ExplainedPrediction {
    const { file, schema } = this.model;
    const values = Float64Array.from(sample);
    if (hasGrades(schema)) assertGrades(values, schema);
    const prediction = this.classifier.predict(values, options);
    const { label, probability, reasonFlags, classScores } = prediction;
    const threshold = file.operating_points[options.operatingPoint ?? 'default'];
    const isUnusual = (reasonFlags & UNUSUAL_RECORD) !== 0;
    this.analysis.setSample(values);
    const approximated: ApproximatedPart[] = [];
    const evidence = {
      conformal: conformalEvidence(classScores, file),
      shapley: this.shapley(probability, approximated),
      missing: this.missingRange(values, label, threshold, approximated),
      // The smallest change of one or two features that changes the class.
      flip: this.analysis.findFlip(label, threshold),
      ...(this.novelty && { unusual: isUnusual ? this.novelty.describe(values, probability, schema) : null }),
      ...(approximated.length > 0 && { approximated }),
    };
    return { prediction, evidence };
  }

  private shapley(probability: number, approximated: ApproximatedPart[]): ShapleyEvidence {
    const { analysis, prevalence } = this;
    const { values: shares, isExact } = analysis.shapleyValues(prevalence, probability);
    if (!isExact) approximated.push('shapley');
    const values: Record<string, number> = {};
    for (const name of analysis.allPlayerNames) values[name] = 0;
    let player = 0;
    for (const name of analysis.playerNames()) values[name] = shares[player++];
    return { base: prevalence, values };
  }

  /** The probabilities that the values of the missing features could give; null if none is missing. */
  private missingRange(
    sample: Float64Array,
    label: Label,
    threshold: number,
    approximated: ApproximatedPart[],
  ): MissingEvidence | null {
    const { schema, training } = this.model;
    const features = Array.from(sample.keys()).filter((feature) => Number.isNaN(sample[feature]));
    if (features.length === 0) return null;
    const { method, values, isComplete } = missingCombinations(features, schema, training, this.options.maxComparisons);
    if (!isComplete) approximated.push('missing');
    const probabilities = values.map((combination) => this.analysis.probabilityWith(features, combination));
    return {
      method,
      features: features.map((feature) => schema.features[feature].name),
      combinations: values.length,
      can_flip: probabilities.some((probability) => (probability >= threshold ? 1 : 0) !== label),
      probability_min: probabilities.reduce((minimum, probability) => Math.min(minimum, probability), Infinity),
      probability_max: probabilities.reduce((maximum, probability) => Math.max(maximum, probability), -Infinity),
    };
  }
}

/** @throws RangeError when a measured value is not a grade */
function assertGrades(values: Float64Array, { features: [{ max }] }: Schema): void {
  for (const grade of values) {
    const isGrade = Number.isInteger(grade) && grade >= 1 && grade <= max;
    if (!isGrade && !Number.isNaN(grade)) throw new RangeError(`a grade is a whole number from 1 to ${max}`);
  }
}
