import { type Classifier, type PredictionColumns, createPredictionColumns } from '@cytoqueue/classifier';
import { WasmRowReader, ResultCache } from '@cytoqueue/csv';
import type { OperatingPointName } from '@cytoqueue/records';

/** What a row's text can be remembered by: as many values, none of them larger. */
const MAX_FEATURES = 16;
const MAX_VALUE = 15;
/** A full memo of which less than this share of a shard is found remembers other data than what comes now. */
const MIN_HIT_SHARE = 1 / 2;

/**
 * What one classifier answers at one operating point, by sample. Records of nine grades recur, and what follows a row in
 * the result file is a function of its sample: it is kept as text, so that a row known already costs two copies.
 */
export class PredictionCache {
  /** Reads the shards whose samples are asked for. */
  readonly kernel = new WasmRowReader();
  readonly resultCache = new ResultCache(this.kernel);
  private readonly predictions = createPredictionColumns(ResultCache.MAX_ENTRIES);
  private shouldClear = false;

  constructor(
    private readonly classifier: Classifier,
    private readonly operatingPoint: OperatingPointName,
  ) {}

  /** Whether the samples of a model can be remembered. */
  static supports({ model }: Classifier): boolean {
    const { features } = model.schema;
    return (
      features.length <= MAX_FEATURES &&
      features.every(({ integer, min, max }) => integer && min >= 1 && max <= MAX_VALUE)
    );
  }

  /**
   * As the classifier's own, of samples of the rows that the kernel has read last; 0 for what was not measured. The texts
   * then tell which samples have none yet. After an error, here or before these have one, the memo is not to be used any more.
   */
  predictInto(samples: Uint8Array, count: number, out: PredictionColumns): void {
    const { resultCache, predictions } = this;
    if (this.shouldClear) resultCache.clear();
    resultCache.lookup(samples, count);
    this.predictMisses(samples, out);
    const { entries, misses } = resultCache;
    for (let sample = 0; sample < count; sample++) {
      const entry = entries[sample];
      if (entry >= 0) copyPrediction(predictions, entry, out, sample);
    }
    this.shouldClear = resultCache.isFull && count - misses.length < count * MIN_HIT_SHARE;
  }

  private predictMisses(samples: Uint8Array, out: PredictionColumns): void {
    const { classifier, operatingPoint, predictions } = this;
    const { entries, misses } = this.resultCache;
    const count = misses.length;
    if (count === 0) return;
    const width = classifier.model.training.featureCount;
    const packed = new Uint8Array(count * width);
    for (let i = 0, to = 0; i < count; i++) {
      for (let from = misses[i] * width, end = from + width; from < end;) packed[to++] = samples[from++];
    }
    const columns = createPredictionColumns(count);
    classifier.predictInto(packed, count, columns, { operatingPoint });
    for (let i = 0; i < count; i++) {
      const entry = entries[misses[i]];
      if (entry < 0) copyPrediction(columns, i, out, misses[i]);
      else copyPrediction(columns, i, predictions, entry);
    }
  }
}

function copyPrediction(from: PredictionColumns, at: number, to: PredictionColumns, index: number): void {
  to.label[index] = from.label[at];
  to.probability[index] = from.probability[at];
  to.indeterminate[index] = from.indeterminate[at];
}
