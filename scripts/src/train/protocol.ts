import type { EvaluationData, LabelledSample } from '@cytoqueue/training';
import { firstGroupEnd } from './dataset-notes';
import type { DataFacts, Protocol } from './report';
import type { TrainingFile } from './training-file';
import { InvalidTrainingFileError } from './invalid-training-file';

/** Largest k that is compared when there are enough rows. */
const MAX_NEIGHBORS = 31;
/** k of the shipped models. */
const MIN_NEIGHBORS = 5;

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
  options: { folds: number; repetitions: number; seed: number },
): Protocol {
  const largestGroup = [...countEach(groups).values()].reduce((largest, rows) => Math.max(largest, rows), 0);
  const guaranteedPerClass = Math.floor(0.8 * Math.min(facts.benign, facts.malignant)) - largestGroup;
  if (guaranteedPerClass < MIN_NEIGHBORS || facts.ids < options.folds) {
    const detail = `${facts.benign} benign and ${facts.malignant} malignant rows of ${facts.ids} ids do not fill ${options.folds} folds`;
    throw new InvalidTrainingFileError([{ code: 'too-few-rows', detail }]);
  }
  return {
    ...options,
    most_neighbors: Math.min(MAX_NEIGHBORS, guaranteedPerClass),
    last_known_row: firstGroupEnd(facts.digest),
  };
}

function countEach(groups: Int32Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1);
  return counts;
}
