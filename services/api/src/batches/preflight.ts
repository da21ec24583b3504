import { createHash } from 'node:crypto';
import { type Header, WholeRowChunker } from '@cytoqueue/csv';
import { type HeaderMatch, type Schema, normalizeName } from '@cytoqueue/schema';
import { type RowRejection, type ShardSamples, valueHistogram, readSamples } from '@cytoqueue/samples';
import { CpuTimeslices } from '../http/cpu-timeslices';
import { type UploadLimits, UploadInspector } from './upload-inspector';

const MAX_LISTED_ERRORS = 100;
/** Surveyed in one go, in about a millisecond. */
const SLICE_BYTES = 16 * 1024;
/** Rows among which repeated ones are counted: a set of more would be felt. */
const MAX_COMPARED_ROWS = 1_000_000;

export interface PreflightReport {
  input_sha256: string;
  bytes: number;
  dialect: { delimiter: string; line_end: string; bom: boolean };
  /** Every column of the file and what becomes of it. */
  columns: {
    column: string;
    used_as: 'feature' | 'label' | 'id' | 'carried';
    feature?: string;
    matched_by?: 'name' | 'alias';
  }[];
  rows: { total: number; valid: number; rejected: number; with_missing_features: number; repeated: number };
  /** How many rows have each kind of fault. */
  rejected_by_code: Record<string, number>;
  errors: { row: number; code: string; detail: string }[];
  missing_by_feature: Record<string, number>;
}

export interface PreflightResult {
  report: PreflightReport;
  /** See `countValues` of packages/samples. */
  histogram: number[];
}

/** Shared by all preflights of this process. */
const timeslices = new CpuTimeslices();

/**
 * Reads an upload through as a batch would be, by the same header, row and cell rules, and keeps nothing of it.
 * @param charge takes the rows that were read, also of a file that is refused at its last row
 * @param countNumbers counts values that are no grades, see `valueHistogram`
 * @throws Problem and CsvError as the upload itself would
 */
export async function preflight(
  source: AsyncIterable<Uint8Array>,
  schema: Schema,
  limits: UploadLimits,
  missing: 'partial' | 'reject',
  charge: (rows: number) => void,
  countNumbers?: (samples: Float64Array) => Uint32Array,
): Promise<PreflightResult> {
  const inspector = new UploadInspector(schema, limits);
  let statistics: PreflightStatistics | undefined;
  try {
    for await (const { header, match, data } of inspector.read(source)) {
      statistics ??= new PreflightStatistics(header, match, schema, missing, countNumbers);
      for (let at = 0; at < data.length; at += SLICE_BYTES) {
        await timeslices.next();
        statistics.add(data.subarray(at, at + SLICE_BYTES));
      }
    }
  } finally {
    charge(inspector.rows);
  }
  const summary = inspector.result();
  statistics?.end();
  return {
    histogram: statistics?.histogram ?? [],
    report: toPreflightReport(summary.match, schema, summary, statistics as PreflightStatistics),
  };
}

/** Counts what is in the rows while they stream by. */
class PreflightStatistics {
  readonly rejectedByCode: Record<string, number> = {};
  readonly errors: PreflightReport['errors'] = [];
  readonly missing: number[];
  /** Of all blocks so far, see `countValues`. */
  readonly histogram: number[] = [];
  valid = 0;
  rejected = 0;
  incomplete = 0;
  repeated = 0;
  private readonly blocks: WholeRowChunker;
  private readonly seenDigests = new Set<string>();

  constructor(
    private readonly header: Header,
    private readonly match: HeaderMatch,
    private readonly schema: Schema,
    private readonly missingPolicy: 'partial' | 'reject',
    private readonly countNumbers: ((samples: Float64Array) => Uint32Array) | undefined,
  ) {
    this.blocks = new WholeRowChunker(header.dialect);
    this.missing = schema.features.map(() => 0);
  }

  add(data: Uint8Array): void {
    this.addBlock(this.blocks.push(data));
  }

  end(): void {
    this.addBlock(this.blocks.end());
  }

  private addBlock(block: Buffer): void {
    if (block.length === 0) return;
    const samples = readSamples(block, this.header.dialect, this.match, this.schema, this.missingPolicy);
    const earlierRows = this.valid + this.rejected;
    for (const [row, rejection] of samples.rejections) this.addRejection(earlierRows + row + 1, rejection);
    this.countMissing(samples);
    this.countValues(samples);
    this.countRepeated(block, samples);
    this.valid += samples.count;
    this.rejected += samples.rejections.size;
  }

  private addRejection(row: number, { code, detail }: RowRejection): void {
    this.rejectedByCode[code] = (this.rejectedByCode[code] ?? 0) + 1;
    if (this.errors.length < MAX_LISTED_ERRORS) this.errors.push({ row, code, detail });
  }

  private countMissing({ count, missingMasks }: ShardSamples): void {
    for (let sample = 0; sample < count; sample++) {
      if (missingMasks[sample] === 0) continue;
      this.incomplete++;
      this.missing.forEach((_, feature) => (missingMasks[sample] & (1 << feature)) !== 0 && this.missing[feature]++);
    }
  }

  private countValues(samples: ShardSamples): void {
    valueHistogram(samples, this.countNumbers).forEach((count, slot) => {
      this.histogram[slot] = (this.histogram[slot] ?? 0) + count;
    });
  }

  private countRepeated(block: Buffer, { table }: ShardSamples): void {
    for (let row = 0; row < table.rows && this.seenDigests.size < MAX_COMPARED_ROWS; row++) {
      const digest = createHash('md5').update(block.subarray(table.start[row], table.end[row])).digest('base64');
      if (this.seenDigests.has(digest)) this.repeated++;
      else this.seenDigests.add(digest);
    }
  }
}

function toPreflightReport(
  match: HeaderMatch,
  schema: Schema,
  summary: { bytes: number; sha256: string; rows: number; header: Header },
  statistics: PreflightStatistics,
): PreflightReport {
  const { delimiter, lineEnd, bom } = summary.header.dialect;
  return {
    input_sha256: summary.sha256,
    bytes: summary.bytes,
    dialect: { delimiter, line_end: lineEnd, bom },
    columns: match.columns.map((column, index) => toColumnReport(column, index, match, schema)),
    rows: {
      total: summary.rows,
      valid: statistics.valid,
      rejected: statistics.rejected,
      with_missing_features: statistics.incomplete,
      repeated: statistics.repeated,
    },
    rejected_by_code: statistics.rejectedByCode,
    errors: statistics.errors,
    missing_by_feature: Object.fromEntries(
      schema.features.map(({ name }, feature) => [name, statistics.missing[feature] as number]),
    ),
  };
}

function toColumnReport(
  column: string,
  index: number,
  match: HeaderMatch,
  schema: Schema,
): PreflightReport['columns'][number] {
  const feature = match.featureColumns.indexOf(index);
  if (feature >= 0)
    return { column, used_as: 'feature', feature: schema.features[feature].name, matched_by: match.matchedBy[feature] };
  const normalizedName = normalizeName(column);
  if (schema.labelColumns.includes(normalizedName)) return { column, used_as: 'label' };
  return { column, used_as: schema.idColumns.includes(normalizedName) ? 'id' : 'carried' };
}
