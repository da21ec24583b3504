import {
  CsvError,
  type Dialect,
  type RowOptions,
  type WasmRowReader,
  type RowTable,
  parseCells,
  readRows,
} from '@cytoqueue/csv';
import { type HeaderMatch, type Schema, featureAt, hasGrades, parseRow } from '@cytoqueue/schema';

/** Why a row was not scored. */
export interface RowRejection {
  code: string;
  detail: string;
  /** Its cells cannot be assigned to columns reliably: too few, too many, or malformed quotes. */
  cellsMisaligned: boolean;
}

/** The scorable rows of a shard, packed, and the reasons why the others were rejected. */
export interface ShardSamples {
  table: RowTable;
  /** Number of scorable rows, in the order of the table. */
  count: number;
  /** Row-major count × features. In a Uint8Array 0 is "not measured", in a Float64Array NaN. */
  samples: Uint8Array | Float64Array;
  /** Per scorable row: not 0 when a feature was not measured; bit f modulo 32 stands for feature f. */
  missingMasks: Uint32Array;
  /** Keyed by row of the table. */
  rejections: Map<number, RowRejection>;
  /** Per feature: cells rejected because they hold ten times a valid grade (20, 30 … 100). Schemas of grades only. */
  tenfolds: Uint32Array;
}

export interface ReadSamplesOptions {
  /** Reads the rows; table and samples then lie in its memory, valid until its next read. */
  rowReader?: WasmRowReader;
  /** The rows are canonical: a row with text in this column is rejected with it (`code detail`). */
  faultColumn?: number;
}

/**
 * Takes the values of rows that the row reader could parse as bytes (`RowTable.fastParsed`: no quotes, and every feature
 * is a grade or a missing token), and reads every other row from its decoded cells; both give the same sample.
 */
export function readSamples(
  bytes: Uint8Array,
  dialect: Dialect,
  match: HeaderMatch,
  schema: Schema,
  missingPolicy: 'partial' | 'reject',
  options: ReadSamplesOptions = {},
): ShardSamples {
  const builder = new SampleBuilder(
    bytes,
    dialect,
    match,
    missingPolicy === 'reject' ? { ...schema, maxMissing: 0 } : schema,
    options,
  );
  return builder.canReuseTable ? builder.reuseTable() : builder.build();
}

class SampleBuilder {
  readonly table: RowTable;
  private readonly featureCount: number;
  private readonly storesBytes: boolean;
  private samples: Uint8Array | Float64Array = new Uint8Array(0);
  private missing = new Uint32Array(0);
  private readonly rejections = new Map<number, RowRejection>();
  private readonly tenfolds: Uint32Array;
  private count = 0;
  private readonly faultColumn: number | undefined;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly dialect: Dialect,
    private readonly match: HeaderMatch,
    private readonly schema: Schema,
    { rowReader, faultColumn }: ReadSamplesOptions,
  ) {
    this.faultColumn = faultColumn;
    this.featureCount = schema.features.length;
    // In a byte, 0 is left over for "not measured".
    this.storesBytes = hasGrades(schema);
    this.tenfolds = new Uint32Array(this.featureCount);
    const options: RowOptions = {
      columns: match.columns.length,
      featureColumns: this.storesBytes ? match.featureColumns : [],
      maxValue: this.storesBytes ? featureAt(schema, 0).max : 1,
      missingTokens: schema.missingTokens,
    };
    this.table = rowReader === undefined ? readRows(bytes, dialect, options) : rowReader.read(bytes, dialect, options);
  }

  /** Whether the table's values are the samples: every row was fast-parsed, and everything was measured. */
  get canReuseTable(): boolean {
    const { fastParsed, missingMask } = this.table;
    return this.storesBytes && !fastParsed.includes(0) && missingMask.every((mask) => mask === 0);
  }

  reuseTable(): ShardSamples {
    const { table, rejections, tenfolds } = this;
    return { table, count: table.rows, samples: table.values, missingMasks: table.missingMask, rejections, tenfolds };
  }

  build(): ShardSamples {
    const { table, storesBytes, featureCount, rejections, tenfolds } = this;
    const cells = table.rows * featureCount;
    this.samples = storesBytes ? new Uint8Array(cells) : new Float64Array(cells);
    this.missing = new Uint32Array(table.rows);
    for (let row = 0; row < table.rows; row++) {
      if (!(storesBytes && table.fastParsed[row] === 1 && this.addFastRow(row))) this.addParsedRow(row);
    }
    // A rejected row must not be copied verbatim into the result.
    for (const row of rejections.keys()) table.copyable[row] = 0;
    return {
      table,
      count: this.count,
      samples: this.samples.subarray(0, this.count * featureCount),
      missingMasks: this.missing,
      rejections,
      tenfolds,
    };
  }

  /** @returns false when the row has too many missing values; its cells must then be parsed to name them */
  private addFastRow(row: number): boolean {
    const { featureCount, samples } = this;
    const { values, missingMask } = this.table;
    const mask = missingMask[row] ?? 0;
    if (mask !== 0 && countBits(mask) > this.schema.maxMissing) return false;
    for (let from = row * featureCount, end = from + featureCount, to = this.count * featureCount; from < end;)
      samples[to++] = values[from++]!;
    this.missing[this.count++] = mask;
    return true;
  }

  private addParsedRow(row: number): void {
    const { start, end } = this.table;
    let cells: string[];
    try {
      cells = parseCells(this.bytes.subarray(start[row], end[row]), this.dialect);
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      this.rejections.set(row, { code: error.code, detail: error.message, cellsMisaligned: true });
      return;
    }
    const fault = this.faultColumn === undefined ? undefined : cells[this.faultColumn];
    if (fault !== undefined && fault !== '') {
      this.rejections.set(row, toRejection(fault));
      return;
    }
    const parsed = parseRow(cells, this.match, this.schema);
    if (!parsed.ok) {
      const { code, detail } = parsed;
      this.rejections.set(row, { code, detail, cellsMisaligned: code === 'column-count' });
      if (code === 'out-of-range' && this.storesBytes) this.countTenfolds(cells);
      return;
    }
    // A Uint8Array stores NaN as 0, which is how it says "not measured".
    this.samples.set(parsed.sample, this.count * this.featureCount);
    this.missing[this.count++] = parsed.missingMask;
  }

  private countTenfolds(cells: readonly string[]): void {
    const { max } = featureAt(this.schema, 0);
    this.match.featureColumns.forEach((column, feature) => {
      const text = cells[column]?.trim() ?? '';
      const value = /^[1-9]\d?0$/.test(text) ? Number(text) : NaN;
      if (value > max && value <= 10 * max) this.tenfolds[feature]!++;
    });
  }
}

const MISALIGNED_CODES = new Set(['column-count', 'header-changed', 'malformed-quotes']);

function toRejection(fault: string): RowRejection {
  const end = fault.indexOf(' ');
  const code = fault.slice(0, end);
  return { code, detail: fault.slice(end + 1), cellsMisaligned: MISALIGNED_CODES.has(code) };
}

/** Tells whether a value of the samples says "not measured". */
export function missingTest(samples: ShardSamples['samples']): (value: number | undefined) => boolean {
  return samples instanceof Uint8Array ? (value) => value === 0 : Number.isNaN;
}

/** Copies samples as numbers in which NaN means "not measured", as the classifier's single predictions take them. */
export function toNumbers(samples: Uint8Array | Float64Array): Float64Array {
  const numbers = Float64Array.from(samples);
  return samples instanceof Uint8Array ? numbers.map((value) => (value === 0 ? NaN : value)) : numbers;
}

function countBits(mask: number): number {
  let bits = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}

/**
 * How often each feature had which value: features × 12, where bin 0 counts what was not measured, 1 to 10 the values and
 * 11 tenfolds of them. Other values are counted by `countNumbers` where it is given, and else not.
 */
export function valueHistogram(
  { samples, tenfolds }: Pick<ShardSamples, 'samples' | 'tenfolds'>,
  countNumbers?: (samples: Float64Array) => Uint32Array,
): Uint32Array {
  if (!(samples instanceof Uint8Array)) return countNumbers?.(samples) ?? new Uint32Array(0);
  const featureCount = tenfolds.length;
  const histogram = new Uint32Array(featureCount * HISTOGRAM_BINS);
  for (let at = 0; at < samples.length; at += featureCount) {
    for (let feature = 0; feature < featureCount; feature++)
      histogram[feature * HISTOGRAM_BINS + samples[at + feature]!]!++;
  }
  tenfolds.forEach((count, feature) => (histogram[feature * HISTOGRAM_BINS + TENFOLD_BIN] = count));
  return histogram;
}

const HISTOGRAM_BINS = 12;
const TENFOLD_BIN = 11;
