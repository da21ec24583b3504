import { quote } from './errors';
import type { HeaderMatch } from './header';
import { parseLabel } from './label';
import { parseRow } from './parse-row';
import { isNoIdentifier } from './value';
import { plainText } from './plain-text';
import type { ClassNames, Label, Schema } from './schema';

/** One complete row of a training file. */
export interface LabelledSample {
  /** 1-based data row of the training file. */
  readonly trainingRow: number;
  /** Rows of one patient are left out together; a row with a blank cell has no id. Not stored in the model. */
  readonly id?: string;
  /** Raw values in the schema's order, all measured. */
  readonly sample: ArrayLike<number>;
  readonly label: Label;
}

/** A reason why no model can be trained on a file. */
export interface TrainingDataIssue {
  readonly code: string;
  readonly detail: string;
  /** 1-based data row. */
  readonly row?: number;
}

/** With fewer rows, ten folds would hold fewer than two rows of a class each. */
const MIN_ROWS_PER_CLASS = 20;
/** k of the shipped models, the smallest that is tried. */
const MIN_NEIGHBORS = 5;

/** Reads the cells of one data row. @returns undefined for a row with missing features, which no model is trained on */
export function readLabelledRow(
  cells: string[],
  row: number,
  match: HeaderMatch,
  schema: Schema,
): LabelledSample | TrainingDataIssue | undefined {
  const result = parseRow(cells, match, schema);
  if (!result.ok) {
    const { code, detail } = result;
    // A row with many missing features is not an error, only incomplete.
    return code === 'too-many-missing' ? undefined : { code, detail, row };
  }
  const text = cells[match.labelColumn ?? -1] ?? '';
  const label = parseLabel(text, schema);
  if (label === undefined) {
    const expected = schema.labelTokens.flat().join(', ');
    return { code: 'unknown-label', detail: `${quote(text)} is not a class; expected one of ${expected}`, row };
  }
  if (result.sample.some(Number.isNaN)) return undefined;
  const id = match.idColumn === undefined ? '' : plainText(cells[match.idColumn] ?? '');
  return { trainingRow: row, id: isNoIdentifier(id, schema) ? undefined : id, sample: result.sample, label };
}

/** All reasons why no model can be fitted to rows that are valid one by one. */
export function checkSamples(rows: readonly LabelledSample[], schema: Schema): TrainingDataIssue[] {
  return [...tooFewRows(rows, schema), ...constantColumns(rows, schema), ...contradictions(rows, schema)];
}

/** Group of each row: the index of the first row with the same id, or its own index without an id. */
export function groupById(labelled: readonly LabelledSample[]): Int32Array {
  const firstById = new Map<string, number>();
  return Int32Array.from(labelled, ({ id }, row) => {
    if (id === undefined) return row;
    if (!firstById.has(id)) firstById.set(id, row);
    return firstById.get(id) ?? row;
  });
}

/**
 * Rows of each class that every fold leaves to train on, whatever the order of the rows.
 * @param counts rows of each class
 */
export function rowsLeftPerClass(counts: readonly [number, number], groups: Int32Array): number {
  const rowsByGroup = new Map<number, number>();
  for (const group of groups) rowsByGroup.set(group, (rowsByGroup.get(group) ?? 0) + 1);
  const largestGroup = [...rowsByGroup.values()].reduce((largest, rows) => Math.max(largest, rows), 0);
  return Math.floor(0.8 * Math.min(...counts)) - largestGroup;
}

/** `too-few-rows` when a fold may leave fewer rows of a class than the smallest k, or there are fewer patients than folds. */
export function checkFolds(
  counts: readonly [number, number],
  groups: Int32Array,
  folds: number,
  labels: ClassNames,
): TrainingDataIssue[] {
  const ids = new Set(groups).size;
  if (rowsLeftPerClass(counts, groups) >= MIN_NEIGHBORS && ids >= folds) return [];
  const rows = `${counts[0]} ${labels[0]} and ${counts[1]} ${labels[1]} rows`;
  return [{ code: 'too-few-rows', detail: `${rows} of ${ids} ids do not fill ${folds} folds` }];
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
  const [first] = rows;
  if (first === undefined || rows.length < 2) return [];
  return features.flatMap(({ name }, feature) => {
    const value = first.sample[feature];
    if (rows.some(({ sample }) => sample[feature] !== value)) return [];
    return [{ code: 'constant-column', detail: `${name} is ${value} in every complete row` }];
  });
}

/** Equal measurements with different classes: a label is wrong, or the features do not distinguish the classes. */
function contradictions(rows: readonly LabelledSample[], { labels }: Schema): TrainingDataIssue[] {
  const firstByVector = new Map<string, LabelledSample>();
  return rows.flatMap((row) => {
    // Bytes as a key are ten times as fast as decimal numbers.
    const vector = String.fromCharCode(...new Uint16Array(Float64Array.from(row.sample).buffer));
    const first = firstByVector.get(vector) ?? row;
    firstByVector.set(vector, first);
    if (first.label === row.label) return [];
    const detail = `${labels[row.label]}, but data row ${first.trainingRow} with the same measurements is ${labels[first.label]}`;
    return [{ code: 'contradictory-labels', detail, row: row.trainingRow }];
  });
}
