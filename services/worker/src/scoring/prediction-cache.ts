import { type Classifier, type PredictionColumns, createPredictionColumns } from '@cytoqueue/classifier';
import { WasmRowReader, ResultCache, forEachBlock } from '@cytoqueue/csv';
import type { OperatingPointName } from '@cytoqueue/records';
import { hasGrades } from '@cytoqueue/schema';

/** Samples of grades can be cached if they have at most this many features. */
const MAX_CACHED_FEATURES = 16;
/** A full cache is cleared when a shard's hit rate is below this, because the data have changed. */
const MIN_HIT_SHARE = 1 / 2;

/**
 * Caches the predictions of one classifier at one operating point, by sample. Records of nine graded features recur, and the
 * result columns of a row depend only on its sample: they are cached as text, so that a cache hit costs two copies.
 */
export class PredictionCache {
  /** Row reader that must read a shard before `predictInto` is called for its samples. */
  readonly rowReader = new WasmRowReader();
  readonly resultCache = new ResultCache(this.rowReader);
  private readonly predictions = createPredictionColumns(ResultCache.MAX_ENTRIES);
  private shouldClear = false;

  constructor(
    private readonly classifier: Classifier,
    private readonly operatingPoint: OperatingPointName,
  ) {}

  /** Whether the samples of a model can be cached. */
  static supports({ model }: Classifier): boolean {
    const { features } = model.schema;
    return hasGrades(model.schema) && features.length <= MAX_CACHED_FEATURES;
  }

  /**
   * Same output as the classifier's `predictInto`, for samples of the rows that `rowReader` read last; 0 means not
   * measured. Afterwards `resultCache` knows which samples still need text. After an error here, or before they have
   * their text, the cache must be discarded.
   */
  predictInto(samples: Uint8Array, count: number, out: PredictionColumns): void {
    const { resultCache, predictions } = this;
    if (this.shouldClear) resultCache.clear();
    resultCache.lookup(samples, count);
    this.predictMisses(samples, out);
    const { entries, misses } = resultCache;
    forEachBlock(count, (start, end) => {
      for (let sample = start; sample < end; sample++) {
        const entry = entries[sample]!;
        if (entry >= 0) copyPrediction(predictions, entry, out, sample);
      }
    });
    this.shouldClear = resultCache.isFull && count - misses.length < count * MIN_HIT_SHARE;
  }

  private predictMisses(samples: Uint8Array, out: PredictionColumns): void {
    const { classifier, operatingPoint, predictions } = this;
    const { entries, misses } = this.resultCache;
    const count = misses.length;
    if (count === 0) return;
    const width = classifier.model.training.featureCount;
    const packed = new Uint8Array(count * width);
    forEachBlock(count, (start, end) => {
      for (let miss = start, to = start * width; miss < end; miss++)
        for (let from = misses[miss]! * width, left = width; left > 0; left--) packed[to++] = samples[from++]!;
    });
    const columns = createPredictionColumns(count);
    classifier.predictInto(packed, count, columns, { operatingPoint });
    forEachBlock(count, (start, end) => {
      for (let miss = start; miss < end; miss++) {
        const sample = misses[miss]!;
        const entry = entries[sample]!;
        if (entry < 0) copyPrediction(columns, miss, out, sample);
        else copyPrediction(columns, miss, predictions, entry);
      }
    });
  }
}

function copyPrediction(from: PredictionColumns, at: number, to: PredictionColumns, index: number): void {
  to.label[index] = from.label[at]!;
  to.probability[index] = from.probability[at]!;
  to.reasonFlags[index] = from.reasonFlags[at]!;
}
