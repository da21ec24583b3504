import { createHash } from 'node:crypto';
import { type Header, RowBlocks } from '@cytoqueue/csv';
import { type HeaderMatch, type Schema, foldName } from '@cytoqueue/schema';
import { type RowFault, type ShardSamples, countValues, readSamples } from '@cytoqueue/samples';
import { Turns } from '../http/turns';
import { type IntakeLimits, UploadInspector } from './intake';

const MAX_LISTED_ERRORS = 100;
/** Surveyed in one go, in about a millisecond. */
const SLICE_BYTES = 16 * 1024;
/** Rows among which repeated ones are counted: a set of more would be felt. */
const MAX_COMPARED_ROWS = 1_000_000;

export interface Preflight {
  input_sha256: string;
  bytes: number;
  dialect: { delimiter: string; line_end: string; bom: boolean };
  /** Every column of the file and what becomes of it. */
  columns: { column: string; used_as: 'feature' | 'label' | 'id' | 'carried'; feature?: string; matched_by?: 'name' | 'alias' }[];
  rows: { total: number; valid: number; rejected: number; with_missing_features: number; repeated: number };
  /** How many rows have each kind of fault. */
  rejected_by_code: Record<string, number>;
  errors: { row: number; code: string; detail: string }[];
  missing_by_feature: Record<string, number>;
}

export interface PreflightOutcome {
  report: Preflight;
  /** See `countValues` of packages/samples. */
  histogram: number[];
}

/** Shared by all preflights of this process. */
const turns = new Turns();

/**
 * Reads an upload through as a batch would be, by the same header, row and cell rules, and keeps nothing of it.
 * @param charge takes the rows that were read, also of a file that is refused at its last row
 * @throws Problem and CsvError as the upload itself would
 */
export async function preflight(
  source: AsyncIterable<Uint8Array>,
  schema: Schema,
  limits: IntakeLimits,
  missing: 'partial' | 'reject',
  charge: (rows: number) => void,
): Promise<PreflightOutcome> {
  const inspector = new UploadInspector(schema, limits);
  let survey: RowSurvey | undefined;
  try {
    for await (const { header, match, data } of inspector.read(source)) {
      survey ??= new RowSurvey(header, match, schema, missing);
      for (let at = 0; at < data.length; at += SLICE_BYTES) {
        await turns.next();
        survey.add(data.subarray(at, at + SLICE_BYTES));
      }
    }
  } finally {
    charge(inspector.rows);
  }
  const intake = inspector.result();
  survey?.end();
  return { histogram: survey?.histogram ?? [], report: describe(intake.match, schema, intake, survey as RowSurvey) };
}

/** Counts what is in the rows while they stream by. */
class RowSurvey {
  readonly byCode: Record<string, number> = {};
  readonly errors: Preflight['errors'] = [];
  readonly missing: number[];
  /** Of all blocks so far, see `countValues`. */
  readonly histogram: number[] = [];
  valid = 0;
  rejected = 0;
  incomplete = 0;
  repeated = 0;
  private readonly blocks: RowBlocks;
  private readonly seen = new Set<string>();

  constructor(
    private readonly header: Header,
    private readonly match: HeaderMatch,
    private readonly schema: Schema,
    private readonly missingRule: 'partial' | 'reject',
  ) {
    this.blocks = new RowBlocks(header.dialect);
    this.missing = schema.features.map(() => 0);
  }

  add(data: Uint8Array): void {
    this.survey(this.blocks.push(data));
  }

  end(): void {
    this.survey(this.blocks.end());
  }

  private survey(block: Buffer): void {
    if (block.length === 0) return;
    const samples = readSamples(block, this.header.dialect, this.match, this.schema, this.missingRule);
    const before = this.valid + this.rejected;
    for (const [row, fault] of samples.faults) this.addFault(before + row + 1, fault);
    this.countMissing(samples);
    this.countValues(samples);
    this.countRepeated(block, samples);
    this.valid += samples.count;
    this.rejected += samples.faults.size;
  }

  private addFault(row: number, { code, detail }: RowFault): void {
    this.byCode[code] = (this.byCode[code] ?? 0) + 1;
    if (this.errors.length < MAX_LISTED_ERRORS) this.errors.push({ row, code, detail });
  }

  private countMissing({ count, missing }: ShardSamples): void {
    for (let sample = 0; sample < count; sample++) {
      if (missing[sample] === 0) continue;
      this.incomplete++;
      this.missing.forEach((_, feature) => (missing[sample] & (1 << feature)) !== 0 && this.missing[feature]++);
    }
  }

  private countValues(samples: ShardSamples): void {
    countValues(samples).forEach((count, slot) => (this.histogram[slot] = (this.histogram[slot] ?? 0) + count));
  }

  private countRepeated(block: Buffer, { table }: ShardSamples): void {
    for (let row = 0; row < table.rows && this.seen.size < MAX_COMPARED_ROWS; row++) {
      const digest = createHash('md5').update(block.subarray(table.start[row], table.end[row])).digest('base64');
      if (this.seen.has(digest)) this.repeated++;
      else this.seen.add(digest);
    }
  }
}

function describe(match: HeaderMatch, schema: Schema, intake: { bytes: number; sha256: string; rows: number; header: Header }, survey: RowSurvey): Preflight {
  const { delimiter, lineEnd, bom } = intake.header.dialect;
  return {
    input_sha256: intake.sha256,
    bytes: intake.bytes,
    dialect: { delimiter, line_end: lineEnd, bom },
    columns: match.columns.map((column, index) => describeColumn(column, index, match, schema)),
    rows: {
      total: intake.rows,
      valid: survey.valid,
      rejected: survey.rejected,
      with_missing_features: survey.incomplete,
      repeated: survey.repeated,
    },
    rejected_by_code: survey.byCode,
    errors: survey.errors,
    missing_by_feature: Object.fromEntries(schema.features.map(({ name }, feature) => [name, survey.missing[feature] as number])),
  };
}

function describeColumn(column: string, index: number, match: HeaderMatch, schema: Schema): Preflight['columns'][number] {
  const feature = match.featureColumns.indexOf(index);
  if (feature >= 0) return { column, used_as: 'feature', feature: schema.features[feature].name, matched_by: match.matchedBy[feature] };
  const folded = foldName(column);
  if (schema.labelColumns.includes(folded)) return { column, used_as: 'label' };
  return { column, used_as: schema.idColumns.includes(folded) ? 'id' : 'carried' };
}
