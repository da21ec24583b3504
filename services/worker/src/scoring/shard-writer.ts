import type { ShardObject } from '@cytoqueue/records';
import {
  ByteWriter,
  type ByteSource,
  type Dialect,
  type ResultCache,
  asBuffer,
  cellOffsets,
  countByte,
  toByteSource,
  writeInputRow,
  lineEndByte,
} from '@cytoqueue/csv';
import { type PredictionColumns, reasonCodes } from '@cytoqueue/classifier';
import type { RowRejection } from '@cytoqueue/samples';

export interface ShardFormat {
  dialect: Dialect;
  /** Number of columns of the input. */
  columns: number;
  formulas: 'escape' | 'keep';
  featureColumns: ReadonlySet<number>;
  labels: readonly string[];
  /** Names of the features that a sample lacks. */
  missingNames: (sample: number) => readonly string[];
  /** More features than a mask of missing ones has bits. */
  isWide: boolean;
  /** `name@version` */
  model: string;
  /** Number of evidence columns after the result columns. */
  evidenceColumns: number;
  /** The errors file gets row and line numbers: counted from the shard's first line, or from the rows' own column. */
  lines?: { first?: number; column?: number };
}

/** Byte range of a row in the shard. `next` is the start of the next row. */
export interface RowRange {
  start: number;
  end: number;
  next: number;
  canCopyVerbatim: boolean;
}

/** Room for the result columns of one row, more than they usually take. */
const RESULT_BYTES_PER_ROW = 96;

/**
 * Appends the result columns to the input's rows, as bytes; rows that were not scored go into the errors file as well.
 */
export class ShardWriter {
  private readonly results: ByteWriter;
  private readonly errors = new ByteWriter(1_024);
  private readonly changes = new ByteWriter(1_024);
  private readonly lineEnd: Buffer;
  /** Line ends before `countedTo`. */
  private passedLines = 0;
  private countedTo = 0;
  private readonly source: ByteSource;
  private readonly delimiter: number;
  /** For example `,ok,benign,`, by label. */
  private readonly scoredPrefixes: ByteSource[];
  /** Text after the probability, by flags and missing features: a few such texts recur on millions of rows. */
  private readonly resultSuffixes = new Map<number, ByteSource>();

  constructor(
    private readonly bytes: Uint8Array,
    private readonly format: ShardFormat,
    rows: number,
    results = new ByteWriter(),
  ) {
    const { delimiter, lineEnd } = format.dialect;
    this.lineEnd = Buffer.from(lineEnd);
    this.source = toByteSource(bytes);
    this.delimiter = delimiter.charCodeAt(0);
    this.scoredPrefixes = format.labels.map((label) =>
      toByteSource(Buffer.from(['', 'ok', label, ''].join(delimiter))),
    );
    this.results = results;
    results.reset();
    results.reserve(bytes.length + rows * RESULT_BYTES_PER_ROW + 1_024);
  }

  /** @param sample index of the row in the predictions' columns */
  writeScored(
    range: RowRange,
    rowNumber: number,
    predictions: PredictionColumns,
    sample: number,
    missingMask: number,
    evidence: readonly string[] = [],
  ): void {
    const { results } = this;
    if (range.canCopyVerbatim) results.copy(this.source, range.start, range.end);
    else writeInputRow(results, this.bytes, range.start, range.end, this.format.dialect, this.format);
    results.byte(this.delimiter);
    results.integer(rowNumber);
    this.writePrediction(results, predictions, sample, missingMask);
    for (const cell of evidence) {
      results.byte(this.delimiter);
      results.cell(cell, this.format.dialect.delimiter);
    }
    this.endLine(results, range);
  }

  /** Writes the columns after the row number. They depend only on the sample, so they can be cached. */
  private writePrediction(
    writer: ByteWriter,
    predictions: PredictionColumns,
    sample: number,
    missingMask: number,
  ): void {
    const prefix = this.scoredPrefixes[predictions.label[sample]!]!;
    const suffix = this.suffix(predictions.reasonFlags[sample]!, missingMask, sample);
    writer.copy(prefix, 0, prefix.bytes.length);
    writer.number(predictions.probability[sample]!);
    writer.copy(suffix, 0, suffix.bytes.length);
  }

  /** Caches the text after the row number for each sample that has none yet. */
  cacheResults(texts: ResultCache, predictions: PredictionColumns, missingMasks: Uint32Array): void {
    texts.fillMisses((writer, sample) => this.writePrediction(writer, predictions, sample, missingMasks[sample]!));
  }

  /**
   * Writes scored rows from the cache, starting at index `row` of the shard with sample `sample`.
   * @returns the first row that the cache cannot write
   */
  writeCachedRows(texts: ResultCache, row: number, sample: number, rowNumber: number): number {
    return texts.writeCachedRows(this.results, row, sample, rowNumber);
  }

  writeUnscored(range: RowRange, rowNumber: number, status: 'rejected' | 'failed', rejection: RowRejection): void {
    const { delimiter } = this.format.dialect;
    for (const writer of [this.results, this.errors]) {
      const isResult = writer === this.results;
      // In the errors file a shifted row has no measurements: if it is resubmitted uncorrected, it must not be scored.
      const blank = rejection.cellsMisaligned && !isResult ? this.format.featureColumns : undefined;
      writeInputRow(writer, this.bytes, range.start, range.end, this.format.dialect, {
        ...this.format,
        blankColumns: blank,
      });
      if (isResult) writer.ascii(['', rowNumber, status, '', '', '', '', '', ''].join(delimiter) + this.format.model);
      for (const text of [rejection.code, rejection.detail]) {
        writer.byte(this.delimiter);
        writer.cell(text, delimiter);
      }
      if (isResult) writer.ascii(delimiter.repeat(this.format.evidenceColumns));
      else if (this.format.lines !== undefined)
        writer.ascii(['', rowNumber, this.lineOf(range, this.format.lines)].join(delimiter));
      this.endLine(writer, range);
    }
  }

  /** The physical line of a row, as text; empty where it is not known. Rows come in order. */
  private lineOf({ start, end }: RowRange, { first, column }: NonNullable<ShardFormat['lines']>): string {
    const { bytes, format } = this;
    if (column !== undefined) {
      const [from = 0, to = 0] = cellOffsets(bytes.subarray(start, end), format.dialect).slice(2 * column);
      return asBuffer(bytes).toString('latin1', start + from, start + to);
    }
    if (first === undefined) return '';
    this.passedLines += countByte(asBuffer(bytes), lineEndByte(format.dialect.lineEnd), this.countedTo, start);
    this.countedTo = start;
    return String(first + this.passedLines);
  }

  /** Lists a row whose class differs from that of the compared model. */
  writeChanged(
    range: RowRange,
    rowNumber: number,
    current: PredictionColumns,
    compared: PredictionColumns,
    sample: number,
    comparedModel: string,
  ): void {
    const { changes, format } = this;
    const { labels, model, dialect } = format;
    writeInputRow(changes, this.bytes, range.start, range.end, dialect, format);
    const predicted = ({ label, probability }: PredictionColumns) => [labels[label[sample]!], probability[sample]];
    changes.ascii(
      ['', rowNumber, ...predicted(current), model, ...predicted(compared), comparedModel].join(dialect.delimiter),
    );
    this.endLine(changes, range);
  }

  /** Returns views of the writer's own memory; nothing may be written afterwards. */
  finish(): Pick<ShardObject, 'results' | 'errors' | 'changes'> {
    return { results: this.results.view(), errors: this.errors.view(), changes: this.changes.view() };
  }

  private suffix(flags: number, missingMask: number, sample: number): ByteSource {
    const { missingNames, isWide, model, dialect } = this.format;
    // Two bits of flags, up to 32 features: an exact key below 2^53. More features share the bits.
    const key = missingMask * 4 + flags;
    const isCacheable = missingMask === 0 || !isWide;
    const cached = isCacheable ? this.resultSuffixes.get(key) : undefined;
    if (cached !== undefined) return cached;
    const names = missingMask === 0 ? '' : missingNames(sample).join(';');
    const outcome = flags === 0 ? 'confident' : 'indeterminate';
    const writer = new ByteWriter(256);
    for (const text of ['', outcome, reasonCodes(flags).join(';'), names, model, '', '']) {
      if (writer.length > 0 || text !== '') writer.cell(text, dialect.delimiter);
      writer.byte(this.delimiter);
    }
    const suffix = toByteSource(Buffer.from(writer.view().subarray(0, writer.length - 1)));
    if (isCacheable) this.resultSuffixes.set(key, suffix);
    return suffix;
  }

  /** Each row keeps its own line end; a last row without one gets the file's. */
  private endLine(writer: ByteWriter, { end, next }: RowRange): void {
    if (next > end) writer.bytes(this.bytes, end, next);
    else writer.bytes(this.lineEnd);
  }
}
