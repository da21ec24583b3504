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
  /** More than 32 features: masks of missing ones are ambiguous. */
  hasSharedMaskBits: boolean;
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
const RESULT_BYTES_PER_ROW = 128;

/** Bytes that the result rows of a shard usually fit into. */
export function expectedResultBytes(inputBytes: number, rows: number): number {
  return inputBytes + rows * RESULT_BYTES_PER_ROW + 1_024;
}

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
    results.reserve(expectedResultBytes(bytes.length, rows));
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
    this.writeCells(results, evidence);
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
    const { bytes, format, results } = this;
    const { delimiter } = format.dialect;
    writeInputRow(results, bytes, range.start, range.end, format.dialect, format);
    // Class, probability, outcome, reason and missing features stay empty.
    results.ascii(['', rowNumber, status, '', '', '', '', '', ''].join(delimiter) + format.model);
    this.writeCells(results, [rejection.code, rejection.detail]);
    results.ascii(delimiter.repeat(format.evidenceColumns));
    this.endLine(results, range);
    this.writeError(range, rowNumber, rejection);
  }

  private writeError(range: RowRange, rowNumber: number, { code, detail, cellsMisaligned }: RowRejection): void {
    const { bytes, format, errors } = this;
    // In the errors file the feature cells of a misaligned row are left blank, so that it is not scored if it is
    // resubmitted uncorrected.
    const blankColumns = cellsMisaligned ? format.featureColumns : undefined;
    writeInputRow(errors, bytes, range.start, range.end, format.dialect, { ...format, blankColumns });
    this.writeCells(errors, [code, detail]);
    if (format.lines !== undefined)
      errors.ascii(['', rowNumber, this.lineOf(range, format.lines)].join(format.dialect.delimiter));
    this.endLine(errors, range);
  }

  /** Writes further cells of a row, each after a delimiter. */
  private writeCells(writer: ByteWriter, texts: readonly string[]): void {
    for (const text of texts) {
      writer.byte(this.delimiter);
      writer.cell(text, this.format.dialect.delimiter);
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
    comparedPredictions: PredictionColumns,
    sample: number,
    comparedModel: string,
  ): void {
    const { changes, format } = this;
    const { labels, model, dialect } = format;
    writeInputRow(changes, this.bytes, range.start, range.end, dialect, format);
    const predicted = ({ label, probability }: PredictionColumns) => [labels[label[sample]!], probability[sample]];
    changes.ascii(
      ['', rowNumber, ...predicted(current), model, ...predicted(comparedPredictions), comparedModel].join(
        dialect.delimiter,
      ),
    );
    this.endLine(changes, range);
  }

  /** Returns views of the writer's own memory; nothing may be written afterwards. */
  finish(): Pick<ShardObject, 'results' | 'errors' | 'changes'> {
    return { results: this.results.view(), errors: this.errors.view(), changes: this.changes.view() };
  }

  private suffix(flags: number, missingMask: number, sample: number): ByteSource {
    const { missingNames, hasSharedMaskBits, model } = this.format;
    // Two bits of flags and a bit for each of up to 32 features: an exact key below 2^53. With more features it is
    // ambiguous.
    const key = missingMask * 4 + flags;
    const isCacheable = missingMask === 0 || !hasSharedMaskBits;
    const cached = isCacheable ? this.resultSuffixes.get(key) : undefined;
    if (cached !== undefined) return cached;
    const names = missingMask === 0 ? '' : missingNames(sample).join(';');
    const outcome = flags === 0 ? 'confident' : 'indeterminate';
    const writer = new ByteWriter(256);
    this.writeCells(writer, [outcome, reasonCodes(flags).join(';'), names, model, '', '']);
    const suffix = toByteSource(Buffer.from(writer.view()));
    if (isCacheable) this.resultSuffixes.set(key, suffix);
    return suffix;
  }

  /** Each row keeps its own line end; a last row without one gets the file's. */
  private endLine(writer: ByteWriter, { end, next }: RowRange): void {
    if (next > end) writer.bytes(this.bytes, end, next);
    else writer.bytes(this.lineEnd);
  }
}
