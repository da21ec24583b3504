import { type Classifier, createPredictionColumns } from '@cytoqueue/classifier';
import { type HeaderMatch, matchHeader } from '@cytoqueue/schema';
import type { ShardCounts, ShardObject } from '@cytoqueue/storage';
import { type RowFault, readSamples } from './read-samples';
import type { ShardTask } from './shard-task';
import { type ShardFormat, ShardWriter } from './write-shard';

/** Bytes in, bytes out: parse, predict, encode. A pure function of its arguments, whichever worker runs it. */
export function scoreShard(classifier: Classifier, task: ShardTask): ShardObject {
  const { model } = classifier;
  const match = matchHeader(task.columns, model.schema);
  const { table, count, samples, missing, faults } = readSamples(task.bytes, task.dialect, match, model.schema);
  const predictions = createPredictionColumns(count);
  classifier.predictInto(samples, count, predictions, { operatingPoint: task.operatingPoint });

  const writer = new ShardWriter(task.bytes, formatOf(classifier, task, match));
  const counts: ShardCounts = { succeeded: count, rejected: faults.size, benign: 0, malignant: 0, indeterminate: 0, missing_features: 0 };
  for (let row = 0, sample = 0; row < table.rows; row++) {
    const place = { start: table.start[row], end: table.end[row], next: table.next[row] };
    const fault = faults.get(row);
    if (fault !== undefined) {
      writer.writeUnscored(place, task.firstRow + row, 'rejected', fault);
      continue;
    }
    writer.writeScored(place, task.firstRow + row, predictions, sample, missing[sample]);
    counts.malignant += predictions.label[sample];
    if (predictions.indeterminate[sample] !== 0) counts.indeterminate++;
    if (missing[sample] !== 0) counts.missing_features++;
    sample++;
  }
  counts.benign = count - counts.malignant;
  return { counts, results: writer.results.take(), errors: writer.errors.take() };
}

const SHARD_FAILED: RowFault = {
  code: 'shard-failed',
  detail: 'this part of the file could not be scored after several attempts; retry the batch',
  shifted: false,
};

/** The rows of a shard that exhausted its attempts: in the result as `failed`, in the errors file to be sent again. */
export function writeFailedShard(classifier: Classifier, task: ShardTask): ShardObject {
  const { model } = classifier;
  const match = matchHeader(task.columns, model.schema);
  const { table, faults } = readSamples(task.bytes, task.dialect, match, model.schema);
  const writer = new ShardWriter(task.bytes, formatOf(classifier, task, match));
  for (let row = 0; row < table.rows; row++) {
    const place = { start: table.start[row], end: table.end[row], next: table.next[row] };
    const shifted = faults.get(row)?.shifted ?? false;
    writer.writeUnscored(place, task.firstRow + row, 'failed', { ...SHARD_FAILED, shifted });
  }
  const counts: ShardCounts = { succeeded: 0, rejected: 0, benign: 0, malignant: 0, indeterminate: 0, missing_features: 0 };
  return { counts, results: writer.results.take(), errors: writer.errors.take() };
}

function formatOf({ model }: Classifier, task: ShardTask, match: HeaderMatch): ShardFormat {
  return {
    dialect: task.dialect,
    columns: task.columns.length,
    formulas: task.formulas,
    featureColumns: new Set(match.featureColumns),
    labels: model.schema.labels,
    featureNames: model.schema.features.map(({ name }) => name),
    model: model.ref,
  };
}
