import { type Classifier, type PredictionColumns, createPredictionColumns, driftJudgeOf } from '@cytoqueue/classifier';
import type { ByteWriter } from '@cytoqueue/csv';
import type { HeaderMatch, Schema } from '@cytoqueue/schema';
import { matchStoredColumns } from '@cytoqueue/tabular';
import {
  SHARD_FAILED,
  type ShardCounts,
  type ShardObject,
  countProbabilities,
  emptyCounts,
  emptyProbabilityBins,
} from '@cytoqueue/records';
import {
  type RowRejection,
  type ShardSamples,
  missingTest,
  readLabels,
  readSamples,
  toNumbers,
  valueHistogram,
} from '@cytoqueue/samples';
import { countAgreement } from './count-agreement';
import type { PredictionCache } from './prediction-cache';
import type { RowExplainer } from './row-explainer';
import type { ShardTask } from './shard-task';
import { type RowRange, type ShardFormat, ShardWriter } from './shard-writer';

export interface ScoringExtras {
  /** Model to compare with: it scores every row too, and rows whose class differs are listed as changes. */
  compared?: Classifier;
  /** Adds evidence columns after the result of each row. */
  explainer?: RowExplainer;
  /**
   * Cache for this classifier at the task's operating point and delimiter. Speeds up scoring without changing the
   * output. Not used with an explainer, because cached text has no evidence columns.
   */
  cache?: PredictionCache;
  /** Memory for the results, overwritten by each call; the returned results are a view of it. */
  results?: ByteWriter;
}

/** Bits of a mask of missing features; more features share them. */
const MASK_BITS = 32;

/**
 * Bytes in, bytes out: parse, predict, encode. A pure function of classifier, task and extras, whichever worker runs
 * it.
 */
export function scoreShard(classifier: Classifier, task: ShardTask, extras: ScoringExtras = {}): ShardObject {
  const { compared, explainer, results } = extras;
  const cache = explainer === undefined ? extras.cache : undefined;
  const { schema } = classifier.model;
  const match = matchStoredColumns(task, schema);
  const samples = readRows(task, match, schema, cache);
  const predictions =
    cache === undefined ? predict(classifier, samples, task.options.operating_point) : predictCached(cache, samples);
  const comparedPredictions = compared && task.compared && predict(compared, samples, task.compared.operatingPoint);

  const format = { ...formatOf(classifier, task, match), evidenceColumns: explainer?.width ?? 0 };
  const missingNames = (sample: number) => namesOfMissing(samples, sample, schema);
  const writer = new ShardWriter(task.bytes, { ...format, missingNames }, samples.table.rows, results);
  // Cache the result columns as CSV text for each sample that `predictCached` did not find in the cache.
  if (cache !== undefined) writer.cacheResults(cache.resultCache, predictions, samples.missingMasks);
  // Not for canonical rows: the cache copies whole rows, hidden columns included.
  const resultCache = task.canonical === undefined ? cache?.resultCache : undefined;
  for (let row = 0, sampleIndex = 0; row < samples.table.rows; row++) {
    if (resultCache !== undefined) {
      const nextRow = writer.writeCachedRows(resultCache, row, sampleIndex, task.firstRow + row);
      sampleIndex += nextRow - row;
      row = nextRow;
      if (row === samples.table.rows) break;
    }
    const range = rowRange(samples, row);
    const rejection = samples.rejections.get(row);
    if (rejection !== undefined) {
      writer.writeUnscored(range, task.firstRow + row, 'rejected', rejection);
      continue;
    }
    const evidence = explainer?.cells(
      sampleAt(samples, sampleIndex, schema.features.length),
      task.options.operating_point,
    );
    writer.writeScored(
      range,
      task.firstRow + row,
      predictions,
      sampleIndex,
      samples.missingMasks[sampleIndex]!,
      evidence,
    );
    sampleIndex++;
  }
  if (comparedPredictions !== undefined)
    writeChanges(writer, task, samples, predictions, comparedPredictions, compared?.model.ref ?? '');
  return {
    counts: countRows(samples, predictions, comparedPredictions),
    probabilities: countProbabilities(predictions.probability),
    ...(match.labelColumn !== undefined && {
      agreement: countAgreement(readKnownLabels(task, match, samples, schema), predictions),
    }),
    histogram: valueHistogram(samples, (values) => driftJudgeOf(classifier.model).bins.count(values)),
    ...writer.finish(),
  };
}

function readRows(task: ShardTask, match: HeaderMatch, schema: Schema, cache?: PredictionCache): ShardSamples {
  const { bytes, dialect, options, canonical } = task;
  const samples = readSamples(bytes, dialect, match, schema, options.missing, {
    rowReader: cache?.rowReader,
    faultColumn: canonical?.fault,
  });
  // Never copy canonical rows whole: results end at the file's own last column.
  if (canonical !== undefined) samples.table.copyable.fill(0);
  return samples;
}

function readKnownLabels(
  { bytes, dialect }: ShardTask,
  { columns, labelColumn = 0 }: HeaderMatch,
  samples: ShardSamples,
  schema: Schema,
): Uint8Array {
  return readLabels(bytes, dialect, samples, { column: labelColumn, columns: columns.length }, schema);
}

function writeChanges(
  writer: ShardWriter,
  task: ShardTask,
  samples: ShardSamples,
  predictions: PredictionColumns,
  compared: PredictionColumns,
  comparedModel: string,
): void {
  for (let row = 0, sampleIndex = 0; row < samples.table.rows; row++) {
    if (samples.rejections.has(row)) continue;
    if (predictions.label[sampleIndex] !== compared.label[sampleIndex])
      writer.writeChanged(
        rowRange(samples, row),
        task.firstRow + row,
        predictions,
        compared,
        sampleIndex,
        comparedModel,
      );
    sampleIndex++;
  }
}

/** The rows of a failed shard: `failed` in the results, and listed in the errors file to be resubmitted. */
export function writeFailedShard(classifier: Classifier, task: ShardTask, explainer?: RowExplainer): ShardObject {
  const { schema } = classifier.model;
  const match = matchStoredColumns(task, schema);
  const samples = readRows(task, match, schema);
  const format = { ...formatOf(classifier, task, match), evidenceColumns: explainer?.width ?? 0 };
  const writer = new ShardWriter(task.bytes, { ...format, missingNames: () => [] }, samples.table.rows);
  for (let row = 0; row < samples.table.rows; row++) {
    const rejection: RowRejection = {
      ...SHARD_FAILED,
      cellsMisaligned: samples.rejections.get(row)?.cellsMisaligned ?? false,
    };
    writer.writeUnscored(rowRange(samples, row), task.firstRow + row, 'failed', rejection);
  }
  return { counts: emptyCounts(), histogram: [], probabilities: emptyProbabilityBins(), ...writer.finish() };
}

function namesOfMissing({ samples }: ShardSamples, sampleIndex: number, { features }: Schema): string[] {
  const isMissing = missingTest(samples);
  const first = sampleIndex * features.length;
  return features.flatMap(({ name }, feature) => (isMissing(samples[first + feature]) ? [name] : []));
}

/** One sample with NaN for what was not measured. */
function sampleAt({ samples }: ShardSamples, sampleIndex: number, width: number): Float64Array {
  return toNumbers(samples.subarray(sampleIndex * width, (sampleIndex + 1) * width));
}

function predict(
  classifier: Classifier,
  { samples, count }: ShardSamples,
  operatingPoint: 'default' | 'sensitivity99',
): PredictionColumns {
  const predictions = createPredictionColumns(count);
  classifier.predictInto(samples, count, predictions, { operatingPoint });
  return predictions;
}

function predictCached(cache: PredictionCache, { samples, count }: ShardSamples): PredictionColumns {
  const predictions = createPredictionColumns(count);
  cache.predictInto(samples as Uint8Array, count, predictions);
  return predictions;
}

function countRows(
  { count, missingMasks, rejections }: ShardSamples,
  predictions: PredictionColumns,
  compared: PredictionColumns | undefined,
): ShardCounts {
  const counts = { ...emptyCounts(), succeeded: count, rejected: rejections.size };
  for (let sampleIndex = 0; sampleIndex < count; sampleIndex++) {
    const label = predictions.label[sampleIndex]!;
    counts.malignant += label;
    if (predictions.reasonFlags[sampleIndex] !== 0) counts.indeterminate++;
    else counts.confident_malignant += label;
    if (missingMasks[sampleIndex] !== 0) counts.missing_features++;
    if (compared !== undefined && compared.label[sampleIndex] !== predictions.label[sampleIndex]) counts.changed++;
  }
  counts.benign = count - counts.malignant;
  counts.confident_benign = count - counts.indeterminate - counts.confident_malignant;
  return counts;
}

function rowRange({ table }: ShardSamples, row: number): RowRange {
  return {
    start: table.start[row]!,
    end: table.end[row]!,
    next: table.rowEnd[row]!,
    canCopyVerbatim: table.copyable[row] === 1,
  };
}

function formatOf(
  { model }: Classifier,
  task: ShardTask,
  match: HeaderMatch,
): Omit<ShardFormat, 'evidenceColumns' | 'missingNames'> {
  return {
    dialect: task.dialect,
    columns: task.columns.length,
    formulas: task.options.formulas,
    featureColumns: new Set(task.canonical?.sources ?? match.featureColumns),
    lines: task.addsRowAndLineToErrors === true ? { first: task.firstLine, column: task.canonical?.line } : undefined,
    labels: model.schema.labels,
    isWide: model.schema.features.length > MASK_BITS,
    model: model.ref,
  };
}
