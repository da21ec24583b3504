import { CsvError, type Dialect, type RowKernel, type RowTable, readCells, readRows } from '@cytoqueue/csv';
import { type HeaderMatch, type Schema, parseRow } from '@cytoqueue/schema';

/** Why a row was not scored. */
export interface RowFault {
  code: string;
  detail: string;
  /** Which of its cells belongs to which column is in doubt: too few, too many, or quotes that make no sense. */
  shifted: boolean;
}

/** The rows of a shard that can be scored, packed, and what is wrong with the others. */
export interface ShardSamples {
  table: RowTable;
  /** Number of scorable rows, in the order of the table. */
  count: number;
  /** Row-major count × features. In a Uint8Array 0 is "not measured", in a Float64Array NaN. */
  samples: Uint8Array | Float64Array;
  /** Per scorable row: bit f is set when feature f was not measured. */
  missing: Uint32Array;
  /** By row of the table. */
  faults: Map<number, RowFault>;
  /** Per feature: rejected cells that hold a tenfold of a value in range, 20 to 100. Integer schemas only. */
  tenfolds: Uint32Array;
}

const MAX_BYTE = 255;

/**
 * Plain rows straight from the bytes; every other row by its decoded cells. Both say the same of a row that both can read.
 * @param kernel to read the rows with, in whose memory table and samples then lie: good until its next read
 */
export function readSamples(
  bytes: Uint8Array,
  dialect: Dialect,
  match: HeaderMatch,
  schema: Schema,
  missing: 'partial' | 'reject',
  kernel?: RowKernel,
): ShardSamples {
  const packer = new SamplePacker(bytes, dialect, match, missing === 'reject' ? { ...schema, maxMissing: 0 } : schema, kernel);
  return packer.isPacked ? packer.takeTable() : packer.pack();
}

/** Whether every value of the schema fits a byte, with 0 left over for "not measured". */
function fitsBytes({ features }: Schema): boolean {
  return features.every(({ integer, min, max }) => integer && min >= 1 && max <= MAX_BYTE);
}

class SamplePacker {
  readonly table: RowTable;
  private readonly width: number;
  private readonly inBytes: boolean;
  private samples: Uint8Array | Float64Array = new Uint8Array(0);
  private missing = new Uint32Array(0);
  private readonly faults = new Map<number, RowFault>();
  private readonly tenfolds: Uint32Array;
  private count = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly dialect: Dialect,
    private readonly match: HeaderMatch,
    private readonly schema: Schema,
    kernel: RowKernel | undefined,
  ) {
    this.width = schema.features.length;
    this.inBytes = fitsBytes(schema);
    this.tenfolds = new Uint32Array(this.width);
    const options = {
      columns: match.columns.length,
      wanted: this.inBytes ? match.featureColumns : [],
      maxValue: this.inBytes ? Math.min(...schema.features.map(({ max }) => max)) : 1,
      missing: schema.missingTokens,
    };
    this.table = kernel === undefined ? readRows(bytes, dialect, options) : kernel.read(bytes, dialect, options);
  }

  /** Whether the table's values are the samples: every row is plain, and everything was measured. */
  get isPacked(): boolean {
    const { plain, missing } = this.table;
    return this.inBytes && !plain.includes(0) && missing.every((mask) => mask === 0);
  }

  takeTable(): ShardSamples {
    const { table, faults, tenfolds } = this;
    return { table, count: table.rows, samples: table.values, missing: table.missing, faults, tenfolds };
  }

  pack(): ShardSamples {
    const { table, inBytes, width, faults, tenfolds } = this;
    const cells = table.rows * width;
    this.samples = inBytes ? new Uint8Array(cells) : new Float64Array(cells);
    this.missing = new Uint32Array(table.rows);
    for (let row = 0; row < table.rows; row++) {
      if (!(inBytes && table.plain[row] === 1 && this.addPlain(row))) this.addByCells(row);
    }
    // What is not scored does not go into the result as it is.
    for (const row of faults.keys()) table.verbatim[row] = 0;
    return { table, count: this.count, samples: this.samples.subarray(0, this.count * width), missing: this.missing, faults, tenfolds };
  }

  /** False when the row has too many missing values to be scored: its cells say which. */
  private addPlain(row: number): boolean {
    const { width, samples } = this;
    const { values, missing } = this.table;
    const mask = missing[row];
    if (mask !== 0 && bitsOf(mask) > this.schema.maxMissing) return false;
    for (let from = row * width, end = from + width, to = this.count * width; from < end; ) samples[to++] = values[from++];
    this.missing[this.count++] = mask;
    return true;
  }

  private addByCells(row: number): void {
    const { start, end } = this.table;
    let cells: string[];
    try {
      cells = readCells(this.bytes.subarray(start[row], end[row]), this.dialect);
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      this.faults.set(row, { code: error.code, detail: error.message, shifted: true });
      return;
    }
    const parsed = parseRow(cells, this.match, this.schema);
    if (!parsed.ok) {
      const { code, detail } = parsed;
      this.faults.set(row, { code, detail, shifted: code === 'column-count' });
      if (code === 'out-of-range' && this.inBytes) this.countTenfolds(cells);
      return;
    }
    // A Uint8Array stores NaN as 0, which is how it says "not measured".
    this.samples.set(parsed.sample, this.count * this.width);
    this.missing[this.count++] = parsed.missing;
  }

  private countTenfolds(cells: readonly string[]): void {
    this.match.featureColumns.forEach((column, feature) => {
      if (TENFOLD.test(cells[column].trim())) this.tenfolds[feature]++;
    });
  }
}

function bitsOf(mask: number): number {
  let bits = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}

const TENFOLD = /^([2-9]|10)0$/;

/**
 * How often each feature had which value: features × 12, where slot 0 counts what was not measured, 1 to 10 the values and
 * 11 tenfolds of them. Empty for schemas whose values are no integers from 1 to 10.
 */
export function countValues({ samples, tenfolds }: Pick<ShardSamples, 'samples' | 'tenfolds'>): Uint32Array {
  if (!(samples instanceof Uint8Array)) return new Uint32Array(0);
  const width = tenfolds.length;
  const histogram = new Uint32Array(width * HISTOGRAM_SLOTS);
  for (let at = 0; at < samples.length; at += width) {
    for (let feature = 0; feature < width; feature++) histogram[feature * HISTOGRAM_SLOTS + samples[at + feature]]++;
  }
  tenfolds.forEach((count, feature) => (histogram[feature * HISTOGRAM_SLOTS + TENFOLD_SLOT] = count));
  return histogram;
}

const HISTOGRAM_SLOTS = 12;
const TENFOLD_SLOT = 11;
