import { type Classifier, type PredictionColumns, createPredictionColumns } from '@cytoqueue/classifier';
import type { ByteWriter } from '@cytoqueue/csv';
import { type HeaderMatch, matchHeader } from '@cytoqueue/schema';
import { type ShardCounts, type ShardObject, emptyCounts } from '@cytoqueue/storage';
import { type RowFault, type ShardSamples, countValues, readSamples } from '@cytoqueue/samples';
import type { AnswerMemo } from './answer-memo';
import type { RowExplainer } from './explain-row';
import type { ShardTask } from './shard-task';
import { type RowPlace, type ShardFormat, ShardWriter } from './write-shard';

export interface ScoringExtras {
  /** Every row is scored by this one too, and those whose class differs are listed. */
  previous?: Classifier;
  /** The evidence of each row follows its result. */
  explainer?: RowExplainer;
  /**
   * Of this classifier, at the task's operating point and delimiter. Changes how soon there is an answer, and not the answer.
   * Left alone where there is an explainer: evidence follows the text that would be kept.
   */
  memo?: AnswerMemo;
  /** Memory for the results, written anew; what is returned is a view of it. */
  results?: ByteWriter;
}

/** Bytes in, bytes out: parse, predict, encode. A pure function of classifier, task and extras, whichever worker runs it. */
export function scoreShard(classifier: Classifier, task: ShardTask, extras: ScoringExtras = {}): ShardObject {
  const { previous, explainer, results } = extras;
  const memo = explainer === undefined ? extras.memo : undefined;
  const { schema } = classifier.model;
  const match = matchHeader(task.columns, schema);
  const samples = readSamples(task.bytes, task.dialect, match, schema, task.options.missing, memo?.kernel);
  const now = memo === undefined ? predict(classifier, samples, task.options.operating_point) : predictRemembering(memo, samples);
  const before = previous && task.previous && predict(previous, samples, task.previous.operatingPoint);

  const format = { ...formatOf(classifier, task, match), explained: explainer?.width ?? 0 };
  const writer = new ShardWriter(task.bytes, format, samples.table.rows, results);
  const texts = memo?.texts;
  if (texts !== undefined) writer.writeTexts(texts, now, samples.missing);
  for (let row = 0, sample = 0; row < samples.table.rows; row++) {
    if (texts !== undefined) {
      const reached = writer.writeKnown(texts, row, sample, task.firstRow + row);
      sample += reached - row;
      row = reached;
      if (row === samples.table.rows) break;
    }
    const place = placeOf(samples, row);
    const fault = samples.faults.get(row);
    if (fault !== undefined) {
      writer.writeUnscored(place, task.firstRow + row, 'rejected', fault);
      continue;
    }
    const evidence = explainer?.cells(sampleAt(samples, sample, schema.features.length), task.options.operating_point);
    writer.writeScored(place, task.firstRow + row, now, sample, samples.missing[sample], evidence);
    sample++;
  }
  if (before !== undefined) writeChanges(writer, task, samples, now, before, previous?.model.ref ?? '');
  return { counts: countRows(samples, now, before), histogram: countValues(samples), ...writer.take() };
}

function writeChanges(writer: ShardWriter, task: ShardTask, samples: ShardSamples, now: PredictionColumns, before: PredictionColumns, previousModel: string): void {
  for (let row = 0, sample = 0; row < samples.table.rows; row++) {
    if (samples.faults.has(row)) continue;
    if (now.label[sample] !== before.label[sample]) writer.writeChanged(placeOf(samples, row), task.firstRow + row, now, before, sample, previousModel);
    sample++;
  }
}

const SHARD_FAILED = {
  code: 'shard-failed',
  detail: 'this part of the file could not be scored after several attempts; retry the batch',
};

/** The rows of a shard that exhausted its attempts: in the result as `failed`, in the errors file to be sent again. */
export function writeFailedShard(classifier: Classifier, task: ShardTask, explainer?: RowExplainer): ShardObject {
  const { schema } = classifier.model;
  const match = matchHeader(task.columns, schema);
  const samples = readSamples(task.bytes, task.dialect, match, schema, task.options.missing);
  const format = { ...formatOf(classifier, task, match), explained: explainer?.width ?? 0 };
  const writer = new ShardWriter(task.bytes, format, samples.table.rows);
  for (let row = 0; row < samples.table.rows; row++) {
    const fault: RowFault = { ...SHARD_FAILED, shifted: samples.faults.get(row)?.shifted ?? false };
    writer.writeUnscored(placeOf(samples, row), task.firstRow + row, 'failed', fault);
  }
  return { counts: emptyCounts(), histogram: [], ...writer.take() };
}

/** One sample with NaN for what was not measured. */
function sampleAt({ samples }: ShardSamples, sample: number, width: number): Float64Array {
  const values = Float64Array.from(samples.subarray(sample * width, (sample + 1) * width));
  return samples instanceof Uint8Array ? values.map((value) => (value === 0 ? NaN : value)) : values;
}

function predict(classifier: Classifier, { samples, count }: ShardSamples, operatingPoint: 'default' | 'sensitivity99'): PredictionColumns {
  const predictions = createPredictionColumns(count);
  classifier.predictInto(samples, count, predictions, { operatingPoint });
  return predictions;
}

function predictRemembering(memo: AnswerMemo, { samples, count }: ShardSamples): PredictionColumns {
  const predictions = createPredictionColumns(count);
  memo.predictInto(samples as Uint8Array, count, predictions);
  return predictions;
}

function countRows({ count, missing, faults }: ShardSamples, now: PredictionColumns, before: PredictionColumns | undefined): ShardCounts {
  const counts = { ...emptyCounts(), succeeded: count, rejected: faults.size };
  for (let sample = 0; sample < count; sample++) {
    counts.malignant += now.label[sample];
    if (now.indeterminate[sample] !== 0) counts.indeterminate++;
    if (missing[sample] !== 0) counts.missing_features++;
    if (before !== undefined && before.label[sample] !== now.label[sample]) counts.changed++;
  }
  counts.benign = count - counts.malignant;
  return counts;
}

function placeOf({ table }: ShardSamples, row: number): RowPlace {
  return { start: table.start[row], end: table.end[row], next: table.next[row], verbatim: table.verbatim[row] === 1 };
}

function formatOf({ model }: Classifier, task: ShardTask, match: HeaderMatch): Omit<ShardFormat, 'explained'> {
  return {
    dialect: task.dialect,
    columns: task.columns.length,
    formulas: task.options.formulas,
    featureColumns: new Set(match.featureColumns),
    labels: model.schema.labels,
    featureNames: model.schema.features.map(({ name }) => name),
    model: model.ref,
  };
}
