import type { Label } from '@cytoqueue/schema';
import type { PredictOptions } from '../classifier';
import type { Model } from '../model';
import { Reference } from '../reference';
import { createRule, type Rule } from '../rule';
import type { Analysis } from './analysis';
import { worthOfCoalitions } from './coalitions';
import { conformalEvidence } from './conformal';
import { DecimalAnalysis } from './decimalanalysis';
import type { Evidence, MissingEvidence, ShapleyEvidence } from './evidence';
import { GradeAnalysis } from './gradeanalysis';
import { createGradeScale } from './gradescale';
import { combinationsOf } from './missing';
import { shapleyValues } from './shapley';

/**
 * Says why a model gives a sample its class. Exact and repeatable: the evidence is about the very probability that
 * `Classifier.predict` gives. Holds scratch space: one instance per thread.
 */
export class Explainer {
  private readonly reference: Reference;
  private readonly rule: Rule;
  private readonly analysis: Analysis;
  /** Share of malignant among the training rows. */
  private readonly prevalence: number;

  constructor(readonly model: Model) {
    const { file, training } = model;
    const scale = createGradeScale(model);
    this.reference = new Reference(model);
    this.rule = createRule(file);
    this.analysis = scale === undefined ? new DecimalAnalysis(model) : new GradeAnalysis(model, scale);
    this.prevalence = training.labels.reduce((sum, label) => sum + label, 0) / training.rows;
  }

  /** What the Shapley values are of: the features, or the quantities where a schema has several statistics of each. */
  get shapleyNames(): readonly string[] {
    return this.analysis.allPlayerNames;
  }

  /**
   * @param sample one raw value per feature in the schema's order, NaN where not measured
   * @throws RangeError when the sample has another length, no measured feature, or a value that is no grade
   */
  explain(sample: ArrayLike<number>, { operatingPoint = 'default' }: PredictOptions = {}): Evidence {
    const { file, training } = this.model;
    if (sample.length !== training.featureCount) throw new RangeError(`a sample has ${training.featureCount} features, not ${sample.length}`);
    const values = Float64Array.from(sample);
    this.reference.measure(values, 0);
    const { benign, malignant } = this.reference;
    const probability = this.rule(benign, malignant);
    const threshold = file.operating_points[operatingPoint];
    const label = probability >= threshold ? 1 : 0;
    this.analysis.take(values);
    return {
      conformal: conformalEvidence(benign, malignant, file),
      shapley: this.shapley(probability),
      missing: this.missing(values, label, threshold),
      flip: this.analysis.findFlip(label, threshold),
    };
  }

  private shapley(probability: number): ShapleyEvidence {
    const { analysis, prevalence } = this;
    const worths = worthOfCoalitions(analysis.createGame(), prevalence);
    // The same but for the order of additions: the headline is the one to agree with.
    worths[worths.length - 1] = probability;
    const values = Object.fromEntries(analysis.allPlayerNames.map((name) => [name, 0]));
    const shares = shapleyValues(worths);
    analysis.playerNames().forEach((name, player) => (values[name] = shares[player]));
    return { base: prevalence, values };
  }

  private missing(sample: Float64Array, label: Label, threshold: number): MissingEvidence | null {
    const { schema, training } = this.model;
    const features = Array.from(sample.keys()).filter((feature) => Number.isNaN(sample[feature]));
    if (features.length === 0) return null;
    const { method, values } = combinationsOf(features, schema, training);
    const probabilities = values.map((some) => this.analysis.probabilityWith(features, some));
    return {
      method,
      features: features.map((feature) => schema.features[feature].name),
      combinations: values.length,
      can_flip: probabilities.some((probability) => (probability >= threshold ? 1 : 0) !== label),
      probability_min: probabilities.reduce((least, probability) => Math.min(least, probability), Infinity),
      probability_max: probabilities.reduce((most, probability) => Math.max(most, probability), -Infinity),
    };
  }
}
