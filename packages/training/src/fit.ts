import type { Label, Schema, ShippedSchemaId } from '@cytoqueue/schema';
import { fitEpsilon } from './epsilon';
import { confusionMetrics } from './evaluation/evaluation-metrics';
import { type LeaveOneOut, computeLeaveOneOut } from './leave-one-out';
import {
  type TrainingSet,
  type MetricName,
  type ModelFile,
  type RuleName,
  classRatioScore,
  plattProbability,
  type Scaling,
  BruteForceSearch,
} from '@cytoqueue/classifier';
import { fitPlatt, type IfSeparable } from './platt';
import { createTrainingSet, groupById, type LabelledSample, TrainingDataError } from './training-data';

export interface FitOptions {
  readonly name: string;
  readonly version: string;
  readonly schema: Schema;
  readonly metric: MetricName;
  readonly rule: RuleName;
  readonly k: number;
  readonly scaling?: 'none' | 'z-score';
  /** `sha256:` and the hex SHA-256 of the training file. */
  readonly dataDigest: string;
  readonly limitsOfUse: readonly string[];
  /** Default: refuse. */
  readonly ifSeparable?: IfSeparable;
  /** Whether a feature with the same value in all rows is refused (the default) or left unscaled. */
  readonly ifConstant?: 'refuse' | 'unscaled';
}

const DEFAULT_THRESHOLD = 0.5;

type Calibration = Pick<ModelFile, 'calibration' | 'conformal'>;

/**
 * Fits a model to labelled samples. Deterministic: the same samples and options give the same file.
 * @param labelled complete rows, ascending by training row
 * @throws TrainingDataError when no model can be fitted to them
 */
export function fit(labelled: readonly LabelledSample[], options: FitOptions): Omit<ModelFile, 'digest'> {
  const { name, version, schema, metric, rule, k, dataDigest, limitsOfUse } = options;
  const training = createTrainingSet(labelled, schema);
  const scaling = options.scaling === 'z-score' ? fitScaling(training, schema, options.ifConstant) : null;
  const search = new BruteForceSearch(training, metric, scaling);
  const leaveOneOut = computeLeaveOneOut(search, k, groupById(labelled));
  const { calibration, conformal } =
    rule === 'votes' ? uncalibrated : calibrate(search, k, leaveOneOut, options.ifSeparable);
  const probabilities =
    calibration === null ? leaveOneOut.voteShares : calibrateProbabilities(leaveOneOut, calibration);
  return {
    format: 'cytoqueue-model',
    format_version: schema.definition === undefined ? 1 : 3,
    name,
    version,
    schema: schema.definition ?? (schema.id as ShippedSchemaId),
    labels: schema.labels,
    features: schema.features.map((feature) => feature.name),
    metric,
    rule,
    k,
    scaling,
    calibration,
    alarm: fitAlarmDistance(leaveOneOut),
    operating_points: { default: DEFAULT_THRESHOLD, sensitivity99: fitSensitivity99(probabilities, training) },
    conformal,
    training: {
      data_digest: dataDigest,
      rows: Array.from(training.trainingRows),
      labels: labelled.map(({ label }) => label),
      samples: Array.from(training.samples),
    },
    evaluation: { leave_one_out: confusionMetrics(probabilities, training.labels, DEFAULT_THRESHOLD) },
    limits_of_use: limitsOfUse,
  };
}

const uncalibrated: Calibration = { calibration: null, conformal: null };

function calibrate(
  search: BruteForceSearch,
  k: number,
  leaveOneOut: LeaveOneOut,
  ifSeparable?: IfSeparable,
): Calibration {
  const ownGroups = Int32Array.from(search.training.labels, (_, row) => row);
  const epsilon = fitEpsilon(computeLeaveOneOut(search, k, ownGroups).malignantMeans);
  const platt = fitPlatt(
    computeClassRatioScores(leaveOneOut, epsilon),
    Array.from(search.training.labels) as Label[],
    ifSeparable,
  );
  return { calibration: { epsilon, platt }, conformal: nonconformityScores(leaveOneOut, search.training, epsilon) };
}

function computeClassRatioScores({ benignMeans, malignantMeans }: LeaveOneOut, epsilon: number): Float64Array {
  return benignMeans.map((benignMean, row) => classRatioScore(benignMean, malignantMeans[row], epsilon));
}

function calibrateProbabilities(
  leaveOneOut: LeaveOneOut,
  { epsilon, platt }: NonNullable<ModelFile['calibration']>,
): Float64Array {
  return computeClassRatioScores(leaveOneOut, epsilon).map((score) => plattProbability(score, platt));
}

/**
 * Nonconformity of each row in its class: (mean distance to its class + ε) / (mean distance to the other class + ε).
 */
function nonconformityScores({ benignMeans, malignantMeans }: LeaveOneOut, { labels }: TrainingSet, epsilon: number) {
  const scoresOfClass = (own: Float64Array, other: Float64Array, label: Label) =>
    Array.from(
      own.map((mean, row) => (mean + epsilon) / (other[row] + epsilon)).filter((_, row) => labels[row] === label),
    ).sort(ascending);
  return {
    benign: scoresOfClass(benignMeans, malignantMeans, 0),
    malignant: scoresOfClass(malignantMeans, benignMeans, 1),
  };
}

/** Smallest leave-one-out distance to the k-th neighbour that at least 99 % of the rows do not exceed. */
function fitAlarmDistance({ kthNumerators, kthDenominators }: LeaveOneOut): ModelFile['alarm'] {
  const fractions = Array.from(kthNumerators, (numerator, row) => ({ numerator, denominator: kthDenominators[row] }));
  fractions.sort((a, b) => a.numerator * b.denominator - b.numerator * a.denominator);
  const { numerator, denominator } = fractions[Math.ceil((99 * fractions.length) / 100) - 1];
  const divisor = Number.isInteger(numerator) ? greatestCommonDivisor(numerator, denominator) : 1;
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/** Threshold at which leave-one-out classifies at most 1 % of the malignant rows as benign. */
function fitSensitivity99(probabilities: Float64Array, { labels }: TrainingSet): number {
  const malignant = probabilities.filter((_, row) => labels[row] === 1).sort();
  return malignant[Math.floor(malignant.length / 100)];
}

/** Mean and population standard deviation of every feature. */
function fitScaling(
  { samples, rows, featureCount }: TrainingSet,
  { features }: Schema,
  ifConstant: FitOptions['ifConstant'] = 'refuse',
): Scaling {
  const columns = features.map((_, feature) => samples.filter((__, index) => index % featureCount === feature));
  const center = columns.map((column) => sum(column) / rows);
  const scale = columns.map((column, feature) =>
    Math.sqrt(sum(column.map((value) => (value - center[feature]) ** 2)) / rows),
  );
  columns.forEach((column, feature) => {
    if (column.some((value) => value !== column[0])) return;
    if (ifConstant === 'refuse')
      throw new TrainingDataError('constant-column', `${features[feature].name} has the same value in all rows`);
    scale[feature] = 1;
  });
  return { center, scale };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function ascending(a: number, b: number): number {
  return a - b;
}
