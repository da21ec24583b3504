import type { TrainingSet } from '../model';
import { type Candidate, scoreCandidate } from './candidate';
import { Judge, type QualityFigures } from './figures';
import { measureSpace } from './spaces';
import { type EvaluationData, type Split, viewSplit } from './splitview';

/** The first row of each feature vector, every one for itself. */
export function deduplicate({ training }: EvaluationData): EvaluationData {
  const { samples, featureCount, rows } = training;
  const seen = new Set<string>();
  const kept = Int32Array.from({ length: rows }, (_, row) => row).filter((row) => {
    const vector = samples.subarray(row * featureCount, (row + 1) * featureCount).join();
    return !seen.has(vector) && seen.add(vector);
  });
  return { training: pickRows(training, kept), groups: kept.map((_, place) => place) };
}

/** What a model of the rows up to one in the file makes of those that came later, of other groups. */
export function judgeChronologically(data: EvaluationData, lastKnownRow: number, candidate: Candidate): QualityFigures {
  const { training, groups } = data;
  const allRows = Int32Array.from({ length: training.rows }, (_, row) => row);
  const known = allRows.filter((row) => training.trainingRows[row] <= lastKnownRow);
  const knownGroups = new Set(Array.from(known, (row) => groups[row]));
  const split: Split = { known, asked: allRows.filter((row) => !knownGroups.has(groups[row])) };
  const distances = measureSpace(candidate.space, training, split.known);
  const { probabilities } = scoreCandidate(candidate, viewSplit(distances, data, split, candidate.k));
  return new Judge(probabilities, Uint8Array.from(split.asked, (row) => training.labels[row])).judge();
}

/** The same rows with their ids as one more feature: what must never be done. */
export function leakIds(data: EvaluationData, ids: readonly number[]): EvaluationData {
  const { training } = data;
  const { featureCount, rows, samples } = training;
  const widened = Float64Array.from({ length: rows * (featureCount + 1) }, (_, index) => {
    const feature = index % (featureCount + 1);
    const row = (index - feature) / (featureCount + 1);
    return feature === featureCount ? ids[row] : samples[row * featureCount + feature];
  });
  return { ...data, training: { ...training, featureCount: featureCount + 1, samples: widened } };
}

function pickRows({ samples, featureCount, labels, trainingRows }: TrainingSet, kept: Int32Array): TrainingSet {
  return {
    rows: kept.length,
    featureCount,
    samples: Float64Array.from({ length: kept.length * featureCount }, (_, index) => {
      const feature = index % featureCount;
      return samples[kept[(index - feature) / featureCount] * featureCount + feature];
    }),
    labels: Uint8Array.from(kept, (row) => labels[row]),
    trainingRows: kept.map((row) => trainingRows[row]),
  };
}
