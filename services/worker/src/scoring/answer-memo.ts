import { type CopySource, copySource } from '@cytoqueue/csv';
import { type Classifier, type PredictionColumns, createPredictionColumns } from '@cytoqueue/classifier';
import type { OperatingPointName } from '@cytoqueue/storage';

/** Of a million rows drawn like a lab's, 68 % are found among so many. Twice as many find 73 % in twice the memory. */
const MOST_ENTRIES = 65_536;
const TABLE_BITS = 17;
const TABLE_MASK = 2 ** TABLE_BITS - 1;
/** Four bits a feature, in two words. */
const FEATURES_PER_WORD = 8;
const MOST_FEATURES = 2 * FEATURES_PER_WORD;
const LARGEST_VALUE = 15;
/** A shard of which fewer of its first samples were known is answered without looking any further. */
const TRIAL_SAMPLES = 4_096;
const WORTHWHILE = TRIAL_SAMPLES / 8;
/** A full memo of which less than this share of a shard is found remembers other data than what comes now. */
const STALE_SHARE = 1 / 2;
const NONE = -1;

/**
 * What one classifier answers at one operating point, by sample. Records of nine grades recur, and what follows a row in
 * the result file is a function of its sample: it is kept as text, so that a row known already costs two copies.
 */
export class AnswerMemo {
  /** By sample of the last `predictInto`: its entry, or -1. */
  entries = new Int32Array(0);
  private readonly table = new Int32Array(TABLE_MASK + 1).fill(NONE);
  private readonly lowWords = new Int32Array(MOST_ENTRIES);
  private readonly highWords = new Int32Array(MOST_ENTRIES);
  private readonly answers = createPredictionColumns(MOST_ENTRIES);
  private readonly textStarts = new Int32Array(MOST_ENTRIES).fill(NONE);
  private readonly textEnds = new Int32Array(MOST_ENTRIES);
  /** Where the texts lie. */
  texts: CopySource = copySource(Buffer.allocUnsafeSlow(2 ** 16));
  private textLength = 0;
  private size = 0;
  private stale = false;
  /** Places of the samples that are still to be answered. */
  private unknown = new Int32Array(0);

  constructor(
    private readonly classifier: Classifier,
    private readonly operatingPoint: OperatingPointName,
  ) {}

  /** Whether the samples of a model are bytes that fit an entry. */
  static fits({ model }: Classifier): boolean {
    const { features } = model.schema;
    return features.length <= MOST_FEATURES && features.every(({ integer, min, max }) => integer && min >= 1 && max <= LARGEST_VALUE);
  }

  /** As the classifier's own; fills `entries` as well. `samples`: row-major, 0 for what was not measured. */
  predictInto(samples: Uint8Array, count: number, out: PredictionColumns): void {
    if (this.stale) this.forget();
    this.reserve(count);
    const unknown = this.find(samples, count);
    this.answer(samples, unknown, out);
    const { entries, answers } = this;
    for (let sample = 0; sample < count; sample++) {
      const entry = entries[sample];
      if (entry !== NONE) copyAnswer(answers, entry, out, sample);
    }
    this.stale = this.size === MOST_ENTRIES && count - unknown < count * STALE_SHARE;
  }

  /** The text of an entry lies from here on in `texts`; -1 when it has none yet. */
  textStart(entry: number): number {
    return this.textStarts[entry];
  }

  textEnd(entry: number): number {
    return this.textEnds[entry];
  }

  /** What followed a row of this entry's sample: `bytes` from `start` on. */
  keepText(entry: number, bytes: Uint8Array, start: number): void {
    const length = bytes.length - start;
    if (this.textLength + length > this.texts.bytes.length) this.texts = copySource(doubled(this.texts.bytes, this.textLength + length));
    this.texts.bytes.set(bytes.subarray(start), this.textLength);
    this.textStarts[entry] = this.textLength;
    this.textLength += length;
    this.textEnds[entry] = this.textLength;
  }

  private reserve(count: number): void {
    if (this.entries.length >= count) return;
    this.entries = new Int32Array(count);
    this.unknown = new Int32Array(count);
  }

  /** Fills `entries` and `unknown`; returns how many are unknown. A sample met for the first time has an entry without an answer. */
  private find(samples: Uint8Array, count: number): number {
    const { entries, unknown } = this;
    const trialEnd = Math.min(TRIAL_SAMPLES, count);
    let missed = this.findFrom(samples, 0, trialEnd, 0);
    if (count === trialEnd || trialEnd - missed >= WORTHWHILE) return this.findFrom(samples, trialEnd, count, missed);
    entries.fill(NONE, trialEnd, count);
    for (let sample = trialEnd; sample < count; sample++) unknown[missed++] = sample;
    return missed;
  }

  private findFrom(samples: Uint8Array, first: number, end: number, missedBefore: number): number {
    const { entries, unknown } = this;
    const width = this.classifier.model.training.featureCount;
    const lowEnd = Math.min(width, FEATURES_PER_WORD);
    let missed = missedBefore;
    for (let sample = first, at = first * width; sample < end; sample++) {
      let low = 0;
      let high = 0;
      let feature = 0;
      for (; feature < lowEnd; feature++) low = (low << 4) | samples[at++];
      for (; feature < width; feature++) high = (high << 4) | samples[at++];
      const sizeBefore = this.size;
      const entry = this.entryOf(low, high);
      entries[sample] = entry;
      if (entry === NONE || entry === sizeBefore) unknown[missed++] = sample;
    }
    return missed;
  }

  /** The entry of a sample, a new one when it has none; -1 when there is no room for one. */
  private entryOf(low: number, high: number): number {
    const { table, lowWords, highWords } = this;
    let slot = slotOf(low, high);
    for (let entry = table[slot]; entry !== NONE; entry = table[slot]) {
      if (lowWords[entry] === low && highWords[entry] === high) return entry;
      slot = (slot + 1) & TABLE_MASK;
    }
    if (this.size === MOST_ENTRIES) return NONE;
    const entry = this.size++;
    table[slot] = entry;
    lowWords[entry] = low;
    highWords[entry] = high;
    return entry;
  }

  private answer(samples: Uint8Array, count: number, out: PredictionColumns): void {
    if (count === 0) return;
    const { classifier, operatingPoint, entries, unknown, answers } = this;
    const width = classifier.model.training.featureCount;
    const packed = new Uint8Array(count * width);
    for (let i = 0, to = 0; i < count; i++) {
      for (let from = unknown[i] * width, end = from + width; from < end; ) packed[to++] = samples[from++];
    }
    const columns = createPredictionColumns(count);
    classifier.predictInto(packed, count, columns, { operatingPoint });
    for (let i = 0; i < count; i++) {
      const entry = entries[unknown[i]];
      if (entry === NONE) copyAnswer(columns, i, out, unknown[i]);
      else copyAnswer(columns, i, answers, entry);
    }
  }

  private forget(): void {
    this.stale = false;
    this.size = 0;
    this.textLength = 0;
    this.table.fill(NONE);
    this.textStarts.fill(NONE);
  }
}

function slotOf(low: number, high: number): number {
  const mixed = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> (32 - TABLE_BITS);
}

function copyAnswer(from: PredictionColumns, at: number, to: PredictionColumns, place: number): void {
  to.label[place] = from.label[at];
  to.probability[place] = from.probability[at];
  to.indeterminate[place] = from.indeterminate[at];
}

function doubled(buffer: Uint8Array, needed: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, buffer.length * 2));
  larger.set(buffer);
  return larger;
}
