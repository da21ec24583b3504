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
  /** It scores every row too, and rows whose class differs are listed as changes. */
  comparedClassifier?: Classifier;
  /** Adds evidence columns after the result of each row. */
  explainer?: RowExplainer;
  /**
   * Cache for this classifier at the task's operating point and delimiter. Speeds up scoring without changing the
   * output. Not used with an explainer, because cached text has no evidence columns.
   */
  cache?: PredictionCache;
  /** Empty; takes the results. The returned results are a view of its memory. */
  results?: ByteWriter;
}

/** Up to 32 features each have a bit in a mask of missing ones; beyond that, masks are ambiguous. */
const MAX_EXACT_MASK_FEATURES = 32;

/**
 * Bytes in, bytes out: parse, predict, write rows. The output depends only on classifier, task and extras; a cache does
 * not change it.
 */
export function scoreShard(classifier: Classifier, task: ShardTask, extras: ScoringExtras = {}): ShardObject {
  const { comparedClassifier, explainer, results } = extras;
  const cache = explainer === undefined ? extras.cache : undefined;
  const { schema } = classifier.model;
  const match = matchStoredColumns(task, schema);
  const parsed = readRows(task, match, schema, cache);
  const predictions =
    cache === undefined ? predict(classifier, parsed, task.options.operating_point) : predictCached(cache, parsed);
  const comparedPredictions =
    comparedClassifier && task.comparedModel && predict(comparedClassifier, parsed, task.comparedModel.operatingPoint);

  const missingNames = (sample: number) => namesOfMissing(parsed, sample, schema);
  const format = formatOf(classifier, task, match, explainer, missingNames);
  const writer = new ShardWriter(task.bytes, format, parsed.table.rows, results);
  // Cache the result columns as CSV text for each sample that `predictCached` did not find in the cache.
  if (cache !== undefined) writer.cacheResults(cache.resultCache, predictions, parsed.missingMasks);
  // Not for canonical rows: the cache copies whole rows, hidden columns included.
  const rowTextCache = task.canonical === undefined ? cache?.resultCache : undefined;
  let row = 0;
  let sampleIndex = 0;
  while (row < parsed.table.rows) {
    if (rowTextCache !== undefined) {
      const nextRow = writer.writeCachedRows(rowTextCache, row, sampleIndex, task.firstRow + row);
      // Cached rows are never rejected, so each of them has a sample.
      sampleIndex += nextRow - row;
      row = nextRow;
      if (row === parsed.table.rows) break;
    }
    const range = rowRange(parsed, row);
    const rejection = parsed.rejections.get(row);
    const rowNumber = task.firstRow + row;
    if (rejection !== undefined) writer.writeUnscored(range, rowNumber, 'rejected', rejection);
    else {
      const evidence = explainer?.cells(
        sampleAt(parsed, sampleIndex, schema.features.length),
        task.options.operating_point,
      );
      writer.writeScored(range, rowNumber, predictions, sampleIndex, parsed.missingMasks[sampleIndex]!, evidence);
      sampleIndex++;
    }
    row++;
  }
  if (comparedPredictions !== undefined)
    writeChanges(writer, task, parsed, predictions, comparedPredictions, comparedClassifier?.model.ref ?? '');
  return {
    counts: countRows(parsed, predictions, comparedPredictions),
    probabilities: countProbabilities(predictions.probability),
    ...(match.labelColumn !== undefined && {
      agreement: countAgreement(readKnownLabels(task, match, parsed, schema), predictions),
    }),
    // How often each feature had each value: the finalizer judges drift from the sums of all shards.
    histogram: valueHistogram(parsed, (values) => driftJudgeOf(classifier.model).bins.count(values)),
    ...writer.finish(),
  };
}

function readRows(task: ShardTask, match: HeaderMatch, schema: Schema, cache?: PredictionCache): ShardSamples {
  const { bytes, dialect, options, canonical } = task;
  const parsed = readSamples(bytes, dialect, match, schema, options.missing, {
    rowReader: cache?.rowReader,
    faultColumn: canonical?.fault,
  });
  // Never copy canonical rows whole: results end at the file's own last column.
  if (canonical !== undefined) parsed.table.copyable.fill(0);
  return parsed;
}

function readKnownLabels(
  { bytes, dialect }: ShardTask,
  { columns, labelColumn = 0 }: HeaderMatch,
  parsed: ShardSamples,
  schema: Schema,
): Uint8Array {
  return readLabels(bytes, dialect, parsed, { column: labelColumn, columns: columns.length }, schema);
}

function writeChanges(
  writer: ShardWriter,
  task: ShardTask,
  parsed: ShardSamples,
  predictions: PredictionColumns,
  comparedPredictions: PredictionColumns,
  comparedModel: string,
): void {
  for (let row = 0, sampleIndex = 0; row < parsed.table.rows; row++) {
    if (parsed.rejections.has(row)) continue;
    if (predictions.label[sampleIndex] !== comparedPredictions.label[sampleIndex])
      writer.writeChanged(
        rowRange(parsed, row),
        task.firstRow + row,
        predictions,
        comparedPredictions,
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
  const parsed = readRows(task, match, schema);
  const format = formatOf(classifier, task, match, explainer, () => []);
  const writer = new ShardWriter(task.bytes, format, parsed.table.rows);
  for (let row = 0; row < parsed.table.rows; row++) {
    const rejection: RowRejection = {
      ...SHARD_FAILED,
      cellsMisaligned: parsed.rejections.get(row)?.cellsMisaligned ?? false,
    };
    writer.writeUnscored(rowRange(parsed, row), task.firstRow + row, 'failed', rejection);
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
  comparedPredictions: PredictionColumns | undefined,
): ShardCounts {
  const counts = { ...emptyCounts(), succeeded: count, rejected: rejections.size };
  for (let sampleIndex = 0; sampleIndex < count; sampleIndex++) {
    const label = predictions.label[sampleIndex]!;
    counts.malignant += label;
    if (predictions.reasonFlags[sampleIndex] !== 0) counts.indeterminate++;
    else counts.confident_malignant += label;
    if (missingMasks[sampleIndex] !== 0) counts.missing_features++;
    if (comparedPredictions !== undefined && comparedPredictions.label[sampleIndex] !== predictions.label[sampleIndex])
      counts.changed++;
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
  explainer: RowExplainer | undefined,
  missingNames: ShardFormat['missingNames'],
): ShardFormat {
  return {
    dialect: task.dialect,
    columns: task.columns.length,
    formulas: task.options.formulas,
    featureColumns: new Set(task.canonical?.sources ?? match.featureColumns),
    lines: task.addsRowAndLineToErrors === true ? { first: task.firstLine, column: task.canonical?.line } : undefined,
    labels: model.schema.labels,
    missingNames,
    hasSharedMaskBits: model.schema.features.length > MAX_EXACT_MASK_FEATURES,
    model: model.ref,
    evidenceColumns: explainer?.width ?? 0,
  };
}
