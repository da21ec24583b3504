import type { LabelledSample } from '@cytoqueue/training';
import type { Schema } from '@cytoqueue/schema';
import { type TrainingDataIssue, InvalidTrainingFileError } from './invalid-training-file';

/** With fewer rows, ten folds would hold fewer than two rows of a class each. */
const MIN_ROWS_PER_CLASS = 20;

/** @throws InvalidTrainingFileError with all reasons why no model can be fitted to rows that are valid one by one */
export function checkSamples(rows: readonly LabelledSample[], schema: Schema): void {
  const issues = [...tooFewRows(rows, schema), ...constantColumns(rows, schema), ...contradictions(rows, schema)];
  if (issues.length > 0) throw new InvalidTrainingFileError(issues);
}

function tooFewRows(rows: readonly LabelledSample[], { labels }: Schema): TrainingDataIssue[] {
  const counts = labels.map((_, label) => rows.filter((row) => row.label === label).length);
  if (counts.includes(0) && rows.length > 0) {
    return [{ code: 'one-class', detail: `all ${rows.length} complete rows are ${labels[counts[0] === 0 ? 1 : 0]}` }];
  }
  return counts.flatMap((count, label) => {
    if (count >= MIN_ROWS_PER_CLASS) return [];
    const detail = `${count} complete rows are ${labels[label]}, at least ${MIN_ROWS_PER_CLASS} are needed`;
    return [{ code: 'too-few-rows', detail }];
  });
}

function constantColumns(rows: readonly LabelledSample[], { features }: Schema): TrainingDataIssue[] {
  if (rows.length < 2) return [];
  return features.flatMap(({ name }, feature) => {
    const values = new Set(rows.map(({ sample }) => sample[feature]));
    if (values.size > 1) return [];
    return [{ code: 'constant-column', detail: `${name} is ${[...values].join()} in every complete row` }];
  });
}

/** Equal measurements with different classes: a label is wrong, or the features do not distinguish the classes. */
function contradictions(rows: readonly LabelledSample[], { labels }: Schema): TrainingDataIssue[] {
  const firstByVector = new Map<string, LabelledSample>();
  return rows.flatMap((row) => {
    const vector = Array.from(row.sample).join();
    const first = firstByVector.get(vector) ?? row;
    firstByVector.set(vector, first);
    if (first.label === row.label) return [];
    const detail = `${labels[row.label]}, but data row ${first.trainingRow} with the same measurements is ${labels[first.label]}`;
    return [{ code: 'contradictory-labels', detail, row: row.trainingRow }];
  });
}
