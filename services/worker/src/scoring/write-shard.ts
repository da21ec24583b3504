import type { ShardObject } from '@cytoqueue/storage';
import { ByteWriter, type CopySource, type Dialect, type RowTexts, copySource, writeRow } from '@cytoqueue/csv';
import type { PredictionColumns } from '@cytoqueue/classifier';
import { reasonCodes } from '@cytoqueue/classifier';
import type { RowFault } from '@cytoqueue/samples';

export interface ShardFormat {
  dialect: Dialect;
  /** Number of columns of the input. */
  columns: number;
  formulas: 'escape' | 'keep';
  featureColumns: ReadonlySet<number>;
  labels: readonly string[];
  featureNames: readonly string[];
  /** `name@version` */
  model: string;
  /** Cells of evidence that follow the result. */
  explained: number;
}

/** Where a row's bytes lie in the shard. */
export interface RowPlace {
  start: number;
  end: number;
  next: number;
  /** The row may be carried over as it is. */
  verbatim: boolean;
}

/** Room for the result columns of one row, more than they usually take. */
const ADDED_BYTES = 96;

/** Appends the result columns to the input's rows, as bytes; rows that were not scored go into the errors file as well. */
export class ShardWriter {
  private readonly results: ByteWriter;
  private readonly errors = new ByteWriter(1_024);
  private readonly changes = new ByteWriter(1_024);
  private readonly lineEnd: Buffer;
  private readonly source: CopySource;
  private readonly delimiter: number;
  /** `,ok,benign,` and its like, by label. */
  private readonly scored: CopySource[];
  /** What follows the probability, by flags and missing features: few of them recur on millions of rows. */
  private readonly tails = new Map<number, CopySource>();

  constructor(
    private readonly bytes: Uint8Array,
    private readonly format: ShardFormat,
    rows: number,
    results = new ByteWriter(),
  ) {
    const { delimiter, lineEnd } = format.dialect;
    this.lineEnd = Buffer.from(lineEnd);
    this.source = copySource(bytes);
    this.delimiter = delimiter.charCodeAt(0);
    this.scored = format.labels.map((label) => copySource(Buffer.from(['', 'ok', label, ''].join(delimiter))));
    this.results = results;
    results.reset();
    results.reserve(bytes.length + rows * ADDED_BYTES + 1_024);
  }

  /** `sample`: place of the row in the predictions' columns. */
  writeScored(place: RowPlace, row: number, predictions: PredictionColumns, sample: number, missing: number, evidence: readonly string[] = []): void {
    const { results } = this;
    if (place.verbatim) results.copy(this.source, place.start, place.end);
    else writeRow(results, this.bytes, place.start, place.end, this.format.dialect, this.format);
    results.byte(this.delimiter);
    results.integer(row);
    this.writeAnswer(results, predictions, sample, missing);
    for (const cell of evidence) {
      results.byte(this.delimiter);
      results.cell(cell, this.format.dialect.delimiter);
    }
    this.endLine(results, place);
  }

  /** What follows the number of a row: a function of its sample, so that it can be kept. */
  private writeAnswer(writer: ByteWriter, predictions: PredictionColumns, sample: number, missing: number): void {
    const scored = this.scored[predictions.label[sample]];
    const tail = this.tail(predictions.indeterminate[sample], missing);
    writer.copy(scored, 0, scored.bytes.length);
    writer.number(predictions.probability[sample]);
    writer.copy(tail, 0, tail.bytes.length);
  }

  /** Gives each sample that has no text yet the text that follows its row's number. */
  writeTexts(texts: RowTexts, predictions: PredictionColumns, missing: Uint32Array): void {
    texts.keep((writer, sample) => this.writeAnswer(writer, predictions, sample, missing[sample]));
  }

  /** Writes scored rows from `row` on, of which `sample` is the first one's, while they can be put together from what is known. @returns the row that cannot */
  writeKnown(texts: RowTexts, row: number, sample: number, number: number): number {
    return texts.write(this.results, row, sample, number);
  }

  writeUnscored(place: RowPlace, row: number, status: 'rejected' | 'failed', fault: RowFault): void {
    const { delimiter } = this.format.dialect;
    for (const writer of [this.results, this.errors]) {
      const isResult = writer === this.results;
      // In the errors file a shifted row has no measurements: sent again unmended, it must not be scored.
      const blank = fault.shifted && !isResult ? this.format.featureColumns : undefined;
      writeRow(writer, this.bytes, place.start, place.end, this.format.dialect, { ...this.format, blank });
      if (isResult) writer.ascii(['', row, status, '', '', '', '', '', ''].join(delimiter) + this.format.model);
      for (const text of [fault.code, fault.detail]) {
        writer.byte(this.delimiter);
        writer.cell(text, delimiter);
      }
      if (isResult) writer.ascii(delimiter.repeat(this.format.explained));
      this.endLine(writer, place);
    }
  }

  /** A row whose class is another than with the model compared with. */
  writeChanged(place: RowPlace, row: number, now: PredictionColumns, before: PredictionColumns, sample: number, previousModel: string): void {
    const { changes, format } = this;
    const { labels, model, dialect } = format;
    writeRow(changes, this.bytes, place.start, place.end, dialect, format);
    const predicted = [now, before].map(({ label, probability }) => [labels[label[sample]], String(probability[sample])]);
    changes.ascii(['', row, ...predicted[0], model, ...predicted[1], previousModel].join(dialect.delimiter));
    this.endLine(changes, place);
  }

  /** What was written, in the writer's own memory: nothing may be written after it. */
  take(): Pick<ShardObject, 'results' | 'errors' | 'changes'> {
    return { results: this.results.view(), errors: this.errors.view(), changes: this.changes.view() };
  }

  private tail(flags: number, missing: number): CopySource {
    // Two bits of flags, up to 30 features: an exact key below 2^53.
    const key = missing * 4 + flags;
    const known = this.tails.get(key);
    if (known !== undefined) return known;
    const { featureNames, model, dialect } = this.format;
    const absent = featureNames.filter((_, feature) => (missing & (1 << feature)) !== 0).join(';');
    const outcome = flags === 0 ? 'confident' : 'indeterminate';
    const writer = new ByteWriter(256);
    for (const text of ['', outcome, reasonCodes(flags).join(';'), absent, model, '', '']) {
      if (writer.length > 0 || text !== '') writer.cell(text, dialect.delimiter);
      writer.byte(this.delimiter);
    }
    const tail = copySource(Buffer.from(writer.view().subarray(0, writer.length - 1)));
    this.tails.set(key, tail);
    return tail;
  }

  /** Each row keeps its own line end; a last row without one gets the file's. */
  private endLine(writer: ByteWriter, { end, next }: RowPlace): void {
    if (next > end) writer.bytes(this.bytes, end, next);
    else writer.bytes(this.lineEnd);
  }
}
