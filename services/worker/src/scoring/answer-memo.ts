import { type Classifier, type PredictionColumns, createPredictionColumns } from '@cytoqueue/classifier';
import { RowKernel, RowTexts } from '@cytoqueue/csv';
import type { OperatingPointName } from '@cytoqueue/storage';

/** What a row's text can be remembered by: as many values, none of them larger. */
const MOST_FEATURES = 16;
const LARGEST_VALUE = 15;
/** A full memo of which less than this share of a shard is found remembers other data than what comes now. */
const STALE_SHARE = 1 / 2;

/**
 * What one classifier answers at one operating point, by sample. Records of nine grades recur, and what follows a row in
 * the result file is a function of its sample: it is kept as text, so that a row known already costs two copies.
 */
export class AnswerMemo {
  /** Reads the shards whose samples are asked for. */
  readonly kernel = new RowKernel();
  readonly texts = new RowTexts(this.kernel);
  private readonly answers = createPredictionColumns(RowTexts.MOST_ENTRIES);
  private stale = false;

  constructor(
    private readonly classifier: Classifier,
    private readonly operatingPoint: OperatingPointName,
  ) {}

  /** Whether the samples of a model can be remembered. */
  static fits({ model }: Classifier): boolean {
    const { features } = model.schema;
    return features.length <= MOST_FEATURES && features.every(({ integer, min, max }) => integer && min >= 1 && max <= LARGEST_VALUE);
  }

  /**
   * As the classifier's own, of samples of the rows that the kernel has read last; 0 for what was not measured. The texts
   * then tell which samples have none yet. After an error, here or before these have one, the memo is not to be used any more.
   */
  predictInto(samples: Uint8Array, count: number, out: PredictionColumns): void {
    const { texts, answers } = this;
    if (this.stale) texts.clear();
    texts.find(samples, count);
    this.answer(samples, out);
    const { entries, unanswered } = texts;
    for (let sample = 0; sample < count; sample++) {
      const entry = entries[sample];
      if (entry >= 0) copyAnswer(answers, entry, out, sample);
    }
    this.stale = texts.isFull && count - unanswered.length < count * STALE_SHARE;
  }

  private answer(samples: Uint8Array, out: PredictionColumns): void {
    const { classifier, operatingPoint, answers } = this;
    const { entries, unanswered } = this.texts;
    const count = unanswered.length;
    if (count === 0) return;
    const width = classifier.model.training.featureCount;
    const packed = new Uint8Array(count * width);
    for (let i = 0, to = 0; i < count; i++) {
      for (let from = unanswered[i] * width, end = from + width; from < end; ) packed[to++] = samples[from++];
    }
    const columns = createPredictionColumns(count);
    classifier.predictInto(packed, count, columns, { operatingPoint });
    for (let i = 0; i < count; i++) {
      const entry = entries[unanswered[i]];
      if (entry < 0) copyAnswer(columns, i, out, unanswered[i]);
      else copyAnswer(columns, i, answers, entry);
    }
  }
}

function copyAnswer(from: PredictionColumns, at: number, to: PredictionColumns, place: number): void {
  to.label[place] = from.label[at];
  to.probability[place] = from.probability[at];
  to.indeterminate[place] = from.indeterminate[at];
}
