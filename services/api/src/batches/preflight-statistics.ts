import {
  type Dialect,
  WasmRowReader,
  WholeRowChunker,
  asBuffer,
  countByte,
  lineEndByte,
  parseCells,
} from '@cytoqueue/csv';
import type { CanonicalFile } from '@cytoqueue/records';
import { type HeaderMatch, type Schema } from '@cytoqueue/schema';
import { type RowRejection, type ShardSamples, missingTest, readSamples, valueHistogram } from '@cytoqueue/samples';
import type { PreflightReport } from './preflight-report';
import { RepeatedRows } from './repeated-rows';

const MAX_LISTED_ERRORS = 100;
const MAX_LISTED_FAULTS = 20;
/** Maximum number of different error texts that are counted. */
const MAX_FAULTS = 1_000;

export interface StatisticsOptions {
  missing: 'partial' | 'reject';
  rows: number;
  /** Physical line of the first row. */
  firstLine: number;
  /** The rows are those of a canonical file. */
  canonical?: CanonicalFile;
  /** Counts values that are no grades, see `valueHistogram`. */
  countNumbers?: (samples: Float64Array) => Uint32Array;
}

type Fault = PreflightReport['faults'][number];

/** Counts rows by kind while the file is read. */
export class PreflightStatistics {
  /** Value counts of all blocks so far, see `valueHistogram`. */
  readonly histogram: number[] = [];
  valid = 0;
  rejected = 0;
  private readonly rejectedByCode: Record<string, number> = {};
  private readonly errors: PreflightReport['errors'] = [];
  private readonly faults = new Map<string, Fault>();
  private readonly missing: number[];
  private incomplete = 0;
  private spentMs = 0;
  private readonly blocks: WholeRowChunker;
  private readonly repeatedRows: RepeatedRows;
  private readonly rowReader = new WasmRowReader();
  private blockLine: number;
  private readonly canonical: CanonicalFile | undefined;

  constructor(
    private readonly dialect: Dialect,
    private readonly match: HeaderMatch,
    private readonly schema: Schema,
    private readonly options: StatisticsOptions,
  ) {
    const { firstLine, canonical, rows } = options;
    this.repeatedRows = new RepeatedRows(rows);
    this.blocks = new WholeRowChunker(dialect);
    this.missing = schema.features.map(() => 0);
    this.blockLine = firstLine;
    this.canonical = canonical;
  }

  add(data: Uint8Array): void {
    this.addBlock(this.blocks.push(data));
  }

  end(): void {
    this.addBlock(this.blocks.end());
  }

  report(
    total: number,
  ): Pick<PreflightReport, 'rows' | 'rejected_by_code' | 'errors' | 'faults' | 'missing_by_feature'> {
    const { valid, rejected, incomplete } = this;
    return {
      rows: { total, valid, rejected, with_missing_features: incomplete, repeated: this.repeatedRows.count },
      rejected_by_code: this.rejectedByCode,
      errors: this.errors,
      faults: [...this.faults.values()].toSorted((a, b) => b.rows - a.rows).slice(0, MAX_LISTED_FAULTS),
      missing_by_feature: Object.fromEntries(
        this.schema.features.map(({ name }, feature) => [name, this.missing[feature] as number]),
      ),
    };
  }

  /** Mean time for a row so far. */
  get msPerRow(): number {
    return this.spentMs / Math.max(1, this.valid + this.rejected);
  }

  private addBlock(block: Buffer): void {
    if (block.length === 0) return;
    const startedMs = performance.now();
    const samples = readSamples(block, this.dialect, this.match, this.schema, this.options.missing, {
      faultColumn: this.canonical?.fault,
      rowReader: this.rowReader,
    });
    const earlierRows = this.valid + this.rejected;
    for (const [row, rejection] of samples.rejections)
      this.addRejection(earlierRows + row + 1, rejection, () => this.lineOf(block, samples, row));
    this.countMissing(samples);
    valueHistogram(samples, this.options.countNumbers).forEach((count, bin) => {
      this.histogram[bin] = (this.histogram[bin] ?? 0) + count;
    });
    this.countRepeated(block, samples);
    this.valid += samples.count;
    this.rejected += samples.rejections.size;
    if (this.canonical === undefined) this.blockLine += countByte(block, lineEndByte(this.dialect.lineEnd));
    this.spentMs += performance.now() - startedMs;
  }

  private addRejection(row: number, { code, detail }: RowRejection, findLine: () => number | null): void {
    this.rejectedByCode[code] = (this.rejectedByCode[code] ?? 0) + 1;
    const known = this.faults.get(detail);
    if (known !== undefined) known.rows++;
    const isListed = this.errors.length < MAX_LISTED_ERRORS;
    const isNew = known === undefined && this.faults.size < MAX_FAULTS;
    if (!isListed && !isNew) return;
    const line = findLine();
    if (isListed) this.errors.push({ row, line, code, detail });
    if (isNew) this.faults.set(detail, { code, detail, rows: 1, first_row: row, first_line: line });
  }

  private lineOf(block: Buffer, { table }: ShardSamples, row: number): number | null {
    const start = table.start[row];
    if (this.canonical === undefined)
      return this.blockLine + countByte(block, lineEndByte(this.dialect.lineEnd), 0, start);
    const cell = parseCells(asBuffer(block).subarray(start, table.end[row]), this.dialect)[this.canonical.line];
    return cell === undefined || cell === '' ? null : Number(cell);
  }

  private countMissing({ count, samples, missingMasks }: ShardSamples): void {
    const isMissing = missingTest(samples);
    const width = this.missing.length;
    for (let sample = 0; sample < count; sample++) {
      if (missingMasks[sample] === 0) continue;
      this.incomplete++;
      this.missing.forEach((rows, feature) => {
        if (isMissing(samples[sample * width + feature])) this.missing[feature] = rows + 1;
      });
    }
  }

  private countRepeated(block: Buffer, { table }: ShardSamples): void {
    const { repeatedRows, canonical, dialect } = this;
    for (let row = 0; row < table.rows; row++) {
      const [start, end] = [table.start[row] as number, table.end[row] as number];
      repeatedRows.add(block, start, canonical === undefined ? end : endWithoutLine(block, start, end, dialect));
    }
  }
}

/** Returns the end of a canonical row without its line and error columns, so that equal rows of the file compare equal. */
function endWithoutLine(block: Buffer, start: number, end: number, { delimiter }: Dialect): number {
  const row = block.subarray(start, end);
  const fault = row.lastIndexOf(delimiter);
  return start + Math.max(0, row.lastIndexOf(delimiter, fault - 1));
}
