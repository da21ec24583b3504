/*
 * A model of a laboratory's own data, in steps that can be repeated one by one: each fold of the cross-validation fits a whole
 * model to its train rows and asks it for the others. The same data and options give the same bytes.
 */
import {
  Classifier,
  createPredictionColumns,
  type MetricValues,
  type ModelFile,
  parseModel,
  serializeModel,
  type TrainingSet,
} from '@cytoqueue/classifier';
import { hasGrades, type Schema } from '@cytoqueue/schema';
import { fitDriftLimits } from '../drift/fit-drift-limits';
import { createSplits } from '../evaluation/cross-validation';
import { computeCurves, type Curves } from '../evaluation/curves';
import type { EvaluationMetrics } from '../evaluation/evaluation-metrics';
import { pickRows } from '../evaluation/protocols';
import type { EvaluationData } from '../evaluation/split-statistics';
import { bootstrapIntervals, type Interval, summarize } from '../evaluation/summary';
import { fit, type FitOptions } from '../fit';
import { NoveltyFit } from '../novelty/fit-novelty';
import type { LabelledSample } from '../training-data';

export interface OwnModelOptions {
  /** With `own/`. */
  readonly name: string;
  readonly schema: Schema;
  readonly seed: number;
  readonly folds: number;
  readonly repetitions: number;
  /** `sha256:` and the hex SHA-256 of the training file. */
  readonly dataDigest: string;
}

/** Answers to the rows of one fold, in ascending order. */
export interface FoldAnswers {
  readonly probabilities: readonly number[];
  /** 1 = confident, 0 = indeterminate. */
  readonly confident: readonly number[];
}

export interface OwnModel {
  /** Complete but for the version and the digest. */
  readonly file: Omit<ModelFile, 'digest' | 'version'>;
  readonly cv: EvaluationMetrics;
  readonly cv_intervals: Readonly<Record<keyof EvaluationMetrics, Interval>>;
  /** Share of the rows that were answered `confident`. */
  readonly coverage: number;
  readonly curves: Curves;
  readonly leave_one_out: MetricValues;
}

/** With fewer rows of a class, limits on its distances would rest on a handful of rows. */
const MIN_ROWS_OF_CLASS = 50;
/** A class needs so many rows for each feature, so that its covariances are more than chance. */
const MIN_ROWS_OF_CLASS_PER_FEATURE = 3;
/** Share of the rows of a class that the limit on unusual records lets pass. */
const NOVELTY_QUANTILE = 0.99;
const LIMITS_OF_USE = [
  'Not a medical device: a second opinion for trained readers, never the only basis of a diagnosis.',
  'Trained on a file of the laboratory itself; no external validation.',
  'It contains the rows that it was trained on. Erasing a patient from it means deleting the version.',
];

/**
 * Answers the rows of one fold.
 * @param number 1-based, over all repetitions
 * @throws TrainingDataError when no model can be fitted to the other rows
 */
export function answerFold(data: EvaluationData, options: OwnModelOptions, number: number): FoldAnswers {
  const { split } = splitOf(data, options, number);
  const train = pickRows(data.training, split.train);
  const groups = split.train.map((row) => data.groups[row]);
  const file = fitFile({ training: train, groups }, options);
  const model = parseModel(serializeModel({ ...file, version: '1' }));
  const { samples } = pickRows(data.training, split.test);
  const predictions = createPredictionColumns(split.test.length);
  new Classifier(model, { kernel: false }).predictInto(samples, split.test.length, predictions);
  return {
    probabilities: Array.from(predictions.probability.subarray(0, split.test.length)),
    confident: Array.from(predictions.reasonFlags.subarray(0, split.test.length), (flag) => (flag === 0 ? 1 : 0)),
  };
}

/**
 * Fits the model to all rows and summarises the answers of all folds.
 * @throws TrainingDataError when no model can be fitted
 */
export function fitOwnModel(data: EvaluationData, options: OwnModelOptions, answers: readonly FoldAnswers[]): OwnModel {
  const { rows, labels } = data.training;
  const probabilities = Array.from({ length: options.repetitions }, () => new Float64Array(rows));
  let confident = 0;
  answers.forEach((answer, index) => {
    const { repetition, split } = splitOf(data, options, index + 1);
    split.test.forEach((row, place) => {
      probabilities[repetition][row] = answer.probabilities[place];
      confident += answer.confident[place];
    });
  });
  const fitted = fitFile(data, options);
  const drift = fitted.novelty && fitDriftLimits({ schema: options.schema, training: data.training });
  const file = drift === undefined ? fitted : { ...fitted, drift };
  const { metrics } = summarize(probabilities, labels);
  return {
    file: { ...file, evaluation: { cv: { ...metrics }, ...file.evaluation } },
    cv: metrics,
    cv_intervals: bootstrapIntervals(probabilities, data, options.seed),
    coverage: confident / (rows * options.repetitions),
    curves: computeCurves(probabilities, labels),
    leave_one_out: file.evaluation['leave_one_out'] as MetricValues,
  };
}

/** The bytes of the model file. */
export function ownModelFile({ file }: Pick<OwnModel, 'file'>, version: string): Uint8Array {
  return serializeModel({ ...file, version });
}

/** The labelled rows as `fit` takes them; the group stands for the patient. */
export function labelledSamples({ training, groups }: EvaluationData): LabelledSample[] {
  const { samples, featureCount, labels, trainingRows } = training;
  return Array.from(labels, (label, row) => ({
    trainingRow: trainingRows[row],
    id: String(groups[row]),
    sample: samples.subarray(row * featureCount, (row + 1) * featureCount),
    label: label as LabelledSample['label'],
  }));
}

function splitOf(data: EvaluationData, options: OwnModelOptions, number: number) {
  const repetition = Math.floor((number - 1) / options.folds);
  return { repetition, split: createSplits(data, options, repetition)[(number - 1) % options.folds] };
}

function fitFile(data: EvaluationData, { name, schema, dataDigest }: OwnModelOptions): OwnModel['file'] {
  const { version: _, ...file } = fit(labelledSamples(data), {
    ...methodOf(schema),
    name,
    version: '0',
    schema,
    dataDigest,
    limitsOfUse: LIMITS_OF_USE,
    ifSeparable: 'smooth',
    // A value that only one patient has is constant in the train rows of that patient's fold.
    ifConstant: 'unscaled',
  });
  const novelty = allowsNovelty(data.training) ? fitNovelty(data, schema) : undefined;
  return novelty === undefined ? file : { ...file, novelty, format_version: file.format_version === 3 ? 3 : 2 };
}

/** The rule for unusual records and the limits for verdicts on files, or undefined where the data allow none. */
export function fitUnlikeTraining(
  data: EvaluationData,
  schema: Schema,
): Pick<ModelFile, 'novelty' | 'drift'> | undefined {
  const novelty = allowsNovelty(data.training) ? fitNovelty(data, schema) : undefined;
  return novelty && { novelty, drift: fitDriftLimits({ schema, training: data.training }) };
}

/** @returns undefined when a feature is the same in nearly all rows of a class, so that no distance limits them */
function fitNovelty({ training, groups }: EvaluationData, schema: Schema): ModelFile['novelty'] {
  try {
    const options = { quantile: NOVELTY_QUANTILE, checksMagnification: false };
    const novelty = new NoveltyFit(training, groups, schema).at(options);
    const numbers = novelty.classes.flatMap(({ precision, distance_limit: limit }) => [...precision, limit]);
    return numbers.every(Number.isFinite) ? novelty : undefined;
  } catch (error) {
    if ((error as Error).message === 'LU matrix is singular') return undefined;
    throw error;
  }
}

/** The methods of the shipped models: for grades and for measurements. */
function methodOf(schema: Schema): Pick<FitOptions, 'metric' | 'rule' | 'k' | 'scaling'> {
  return hasGrades(schema)
    ? { metric: 'bray-curtis', rule: 'class-ratio', k: 5 }
    : { metric: 'euclidean', rule: 'class-ratio', k: 5, scaling: 'z-score' };
}

/** The rows of each class that a rule for unusual records needs. */
export function noveltyRowsOfClass(featureCount: number): number {
  return Math.max(MIN_ROWS_OF_CLASS, MIN_ROWS_OF_CLASS_PER_FEATURE * featureCount);
}

/**
 * Whether the data allow a rule for unusual records: enough rows of each class, no values below zero, whose logarithms it
 * would need, and no feature that is the same in all rows of a class, from which any other value would be infinitely far.
 */
function allowsNovelty({ rows, labels, samples, featureCount }: TrainingSet): boolean {
  const positive = labels.reduce((sum, label) => sum + label, 0);
  if (Math.min(positive, rows - positive) < noveltyRowsOfClass(featureCount) || samples.some((value) => value < 0))
    return false;
  return [0, 1].every((label) => {
    const first = labels.indexOf(label);
    return Array.from({ length: featureCount }).every((_, feature) =>
      labels.some(
        (other, row) =>
          other === label && samples[row * featureCount + feature] !== samples[first * featureCount + feature],
      ),
    );
  });
}
