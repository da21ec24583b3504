import { Classifier, createPredictionColumns, type Model, type TrainingSet } from '@cytoqueue/classifier';
import { createTrainingSet, groupById, type LabelledSample, TrainingDataError } from '../training-data';
import { createSplits } from './cross-validation';
import { Evaluator } from './evaluation-metrics';
import { pickRows } from './protocols';
import { drawGroups, percentileInterval } from './resampling';
import type { EvaluationData, Split } from './split-statistics';

export interface ComparedFigure {
  /** The figure of the version itself. */
  readonly value: number;
  /** The figure of the version that it is compared with. */
  readonly other: number;
  /** `value` − `other`, with its paired 95 % interval. */
  readonly difference: { readonly value: number; readonly low: number; readonly high: number };
}

const figureNames = ['sensitivity', 'specificity', 'auc', 'brier', 'coverage'] as const;
type Figures = Record<(typeof figureNames)[number], number>;

/** `coverage` is the share of records that are answered `confident`. */
export type ModelComparison = Readonly<Record<keyof Figures, ComparedFigure>> & {
  /** The other version, `name@version`, and its digest. */
  readonly model: string;
  readonly digest: string;
  /** The version whose training records both were asked for. */
  readonly records_of: string;
  readonly records: number;
  readonly folds: number;
  readonly repetitions: number;
};

export interface ComparedRecords {
  /** The version, `name@version`, that was trained on them. */
  readonly of: string;
  readonly labelled: readonly LabelledSample[];
}

const FOLDS = 10;
const MAX_REPETITIONS = 5;
/** Asked records over all repetitions: larger files need fewer repetitions for the same precision. */
const MAX_ASKED = 5_000;

/**
 * Compares two finished versions on the same records and folds, paired by record; rows of one id stay together. Each
 * version answers a fold without its training rows that are records of the fold. Its scaling, calibration, limits and
 * thresholds stay those of the file, so that the comparison judges the file that would be put into use. Deterministic.
 * @throws TrainingDataError when the schemas differ, or a version has too few rows outside some fold
 */
export function compareModels(model: Model, other: Model, records: ComparedRecords, seed: number): ModelComparison {
  if (model.schema.id !== other.schema.id)
    throw new TrainingDataError('invalid-row', `${model.ref} and ${other.ref} have different features`);
  const data: EvaluationData = {
    training: createTrainingSet(records.labelled, model.schema),
    groups: groupById(records.labelled),
  };
  const { rows } = data.training;
  const repetitions = Math.min(MAX_REPETITIONS, Math.max(1, Math.floor(MAX_ASKED / rows)));
  const sides = [model, other].map((one) => new ComparedModel(one, data.training));
  const answers = Array.from({ length: repetitions }, (_, repetition) => {
    const splits = createSplits(data, { folds: FOLDS, seed }, repetition);
    return sides.map((side) => side.answer(splits));
  });
  const figures = compareFigures(answers, data.groups, seed);
  return {
    model: other.ref,
    digest: other.digest,
    records_of: records.of,
    records: rows,
    folds: FOLDS,
    repetitions,
    ...figures,
  };
}

/** By repetition, then version. */
type Answers = readonly (readonly FoldAnswers[])[];

function compareFigures(answers: Answers, groups: Int32Array, seed: number): Record<keyof Figures, ComparedFigure> {
  const whole = answers.map((sides) => sides.map((side) => side.figures()));
  const mean = (name: keyof Figures, side: number) =>
    whole.reduce((sum, figures) => sum + figures[side][name], 0) / whole.length;
  const resampled = drawGroups(groups, seed, (weights, resample) => {
    const [own, others] = answers[resample % answers.length].map((side) => side.figures(weights));
    return Object.fromEntries(figureNames.map((name) => [name, own[name] - others[name]])) as Figures;
  });
  const compared = (name: keyof Figures): ComparedFigure => {
    const [value, other] = [mean(name, 0), mean(name, 1)];
    const [low, high] = percentileInterval(resampled.map((differences) => differences[name]));
    if (![value, other, low, high].every(Number.isFinite))
      throw new TrainingDataError('too-few-rows', `${name} cannot be computed from so few records`);
    const difference = { value: rounded(value - other), low: rounded(low), high: rounded(high) };
    return { value: rounded(value), other: rounded(other), difference };
  };
  return Object.fromEntries(figureNames.map((name) => [name, compared(name)])) as Record<keyof Figures, ComparedFigure>;
}

/** Out-of-fold answers of one version to all records. */
class FoldAnswers {
  private readonly evaluator: Evaluator;

  constructor(
    probabilities: Float64Array,
    private readonly isConfident: Uint8Array,
    labels: Uint8Array,
    threshold: number,
  ) {
    this.evaluator = new Evaluator(probabilities, labels, threshold);
  }

  figures(weights?: Int32Array): Figures {
    const { sensitivity, specificity, auc, brier } = this.evaluator.evaluate(weights);
    let [confident, all] = [0, 0];
    this.isConfident.forEach((value, row) => {
      const weight = weights?.[row] ?? 1;
      confident += value * weight;
      all += weight;
    });
    return { sensitivity, specificity, auc, brier, coverage: confident / all };
  }
}

class ComparedModel {
  /** Training row of this version by record; −1 for a record that it was not trained on. */
  private readonly trainingRowOf: Int32Array;

  constructor(
    private readonly model: Model,
    private readonly records: TrainingSet,
  ) {
    this.trainingRowOf = matchRecords(records, model.training);
  }

  answer(splits: readonly Split[]): FoldAnswers {
    const { rows, featureCount, samples, labels } = this.records;
    const [probabilities, isConfident] = [new Float64Array(rows), new Uint8Array(rows)];
    for (const { test } of splits) {
      const predictions = createPredictionColumns(test.length);
      const asked = Float64Array.from(
        Array.from(test).flatMap((row) => Array.from(samples.subarray(row * featureCount, (row + 1) * featureCount))),
      );
      this.withoutRecords(test).predictInto(asked, test.length, predictions);
      test.forEach((row, index) => {
        probabilities[row] = predictions.probability[index];
        isConfident[row] = predictions.reasonFlags[index] === 0 ? 1 : 0;
      });
    }
    return new FoldAnswers(probabilities, isConfident, labels, this.model.file.operating_points.default);
  }

  private withoutRecords(test: Int32Array): Classifier {
    const { model, trainingRowOf } = this;
    const removed = new Set(Array.from(test, (row) => trainingRowOf[row]));
    const kept = Int32Array.from({ length: model.training.rows }, (_, row) => row).filter((row) => !removed.has(row));
    const training = pickRows(model.training, kept);
    const malignant = training.labels.reduce((sum, label) => sum + label, 0);
    if (Math.min(malignant, kept.length - malignant) < model.file.k)
      throw new TrainingDataError('too-few-rows', `${model.ref} has fewer than k rows of a class outside some fold`);
    return new Classifier({ ...model, training }, { kernel: false });
  }
}

/**
 * Finds each record among a version's training rows by its values: first with the same label, then with another, as in
 * a copy with changed labels. Equal records are matched in their order, so that a version's own records match one to one.
 */
function matchRecords(records: TrainingSet, training: TrainingSet): Int32Array {
  const matched = new Int32Array(records.rows).fill(-1);
  const taken = new Uint8Array(training.rows);
  for (const withLabel of [true, false]) {
    const key = ({ samples, featureCount, labels }: TrainingSet, row: number) =>
      `${withLabel ? labels[row] : ''}:${samples.subarray(row * featureCount, (row + 1) * featureCount).join()}`;
    const rowsByKey = new Map<string, number[]>();
    for (let row = training.rows - 1; row >= 0; row--)
      if (taken[row] === 0) rowsByKey.set(key(training, row), [...(rowsByKey.get(key(training, row)) ?? []), row]);
    for (let row = 0; row < records.rows; row++) {
      if (matched[row] >= 0) continue;
      const found = rowsByKey.get(key(records, row))?.pop();
      if (found === undefined) continue;
      matched[row] = found;
      taken[found] = 1;
    }
  }
  return matched;
}

function rounded(value: number): number {
  return Number(value.toFixed(6)) + 0;
}
