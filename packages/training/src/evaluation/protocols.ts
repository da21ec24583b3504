import type { TrainingSet } from '@cytoqueue/classifier';
import { type Candidate, scoreCandidate } from './candidate';
import { Evaluator, type EvaluationMetrics } from './evaluation-metrics';
import { distanceMatrix } from './distance-configs';
import { type EvaluationData, type Split, summarizeSplit } from './split-statistics';

/** Keeps the first row of each feature vector, each in its own group. */
export function deduplicate({ training }: EvaluationData): EvaluationData {
  const { samples, featureCount, rows } = training;
  const seen = new Set<string>();
  const keptRows = Int32Array.from({ length: rows }, (_, row) => row).filter((row) => {
    const vector = samples.subarray(row * featureCount, (row + 1) * featureCount).join();
    return !seen.has(vector) && seen.add(vector);
  });
  return { training: pickRows(training, keptRows), groups: keptRows.map((_, index) => index) };
}

/** Evaluates a model of the rows up to `lastTrainRow` on all later rows of other groups. */
export function evaluateChronologically(
  data: EvaluationData,
  lastTrainRow: number,
  candidate: Candidate,
): EvaluationMetrics {
  const { training, groups } = data;
  const allRows = Int32Array.from({ length: training.rows }, (_, row) => row);
  const trainRows = allRows.filter((row) => training.trainingRows[row] <= lastTrainRow);
  const trainGroups = new Set(Array.from(trainRows, (row) => groups[row]));
  const split: Split = { train: trainRows, test: allRows.filter((row) => !trainGroups.has(groups[row])) };
  const distances = distanceMatrix(candidate.distanceConfig, training, split.train);
  const { probabilities } = scoreCandidate(candidate, summarizeSplit(distances, data, split, candidate.k));
  return new Evaluator(
    probabilities,
    Uint8Array.from(split.test, (row) => training.labels[row]),
  ).evaluate();
}

/** Adds the ids as one more feature, to demonstrate the harm of such a leak. */
export function withIdLeak(data: EvaluationData, ids: readonly number[]): EvaluationData {
  const { training } = data;
  const { featureCount, rows, samples } = training;
  const widened = Float64Array.from({ length: rows * (featureCount + 1) }, (_, index) => {
    const feature = index % (featureCount + 1);
    const row = (index - feature) / (featureCount + 1);
    return feature === featureCount ? ids[row] : samples[row * featureCount + feature];
  });
  return { ...data, training: { ...training, featureCount: featureCount + 1, samples: widened } };
}

export function pickRows(
  { samples, featureCount, labels, trainingRows }: TrainingSet,
  keptRows: Int32Array,
): TrainingSet {
  const kept = new Float64Array(keptRows.length * featureCount);
  keptRows.forEach((row, index) =>
    kept.set(samples.subarray(row * featureCount, (row + 1) * featureCount), index * featureCount),
  );
  return {
    rows: keptRows.length,
    featureCount,
    samples: kept,
    labels: Uint8Array.from(keptRows, (row) => labels[row]),
    trainingRows: keptRows.map((row) => trainingRows[row]),
  };
}
