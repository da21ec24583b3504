import { checkFolds, type ClassNames, rowsLeftPerClass } from '@cytoqueue/schema';
import type { EvaluationData, LabelledSample } from '@cytoqueue/training';
import { firstGroupEnd } from './dataset-notes';
import type { DataFacts, Protocol } from './report';
import type { TrainingFile } from './training-file';
import { InvalidTrainingFileError } from './invalid-training-file';

/** Largest k that is compared when there are enough rows. */
const MAX_NEIGHBORS = 31;

export function summarizeData(
  { digest, rows, complete }: TrainingFile,
  { training, groups }: EvaluationData,
): DataFacts {
  const malignant = training.labels.reduce((sum, label) => sum + label, 0);
  return {
    digest,
    rows,
    complete_rows: training.rows,
    benign: training.rows - malignant,
    malignant,
    ids: new Set(groups).size,
    distinct_vectors: new Set(complete.map(({ sample }: LabelledSample) => Array.from(sample).join())).size,
  };
}

/** @throws InvalidTrainingFileError `too-few-rows` when a fold may leave fewer rows of a class than k */
export function planProtocol(
  facts: DataFacts,
  groups: Int32Array,
  labels: ClassNames,
  options: { folds: number; repetitions: number; seed: number },
): Protocol {
  const counts = [facts.benign, facts.malignant] as const;
  const issues = checkFolds(counts, groups, options.folds, labels);
  if (issues.length > 0) throw new InvalidTrainingFileError(issues);
  return {
    ...options,
    most_neighbors: Math.min(MAX_NEIGHBORS, rowsLeftPerClass(counts, groups)),
    last_known_row: firstGroupEnd(facts.digest),
  };
}
