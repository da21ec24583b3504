import { countByte, lineEndByte, parseCells, readRows } from '@cytoqueue/csv';
import { type BatchDocument, batchRowsKey } from '@cytoqueue/records';
import { readSamples } from '@cytoqueue/samples';
import { type HeaderMatch, type Schema, matchHeader } from '@cytoqueue/schema';
import { ObjectNotFoundError, type ObjectStore } from '@cytoqueue/storage';
import { canonicalMatch } from '@cytoqueue/tabular';
import { cpuTimeslices } from '../../http/cpu-timeslices';
import type { BatchRow } from './result-row';

/** Completes result rows by what only the stored rows of the input tell: physical lines, and numbers as they were scored. */
export class StoredRows {
  private readonly match: HeaderMatch;

  constructor(
    private readonly store: ObjectStore,
    private readonly tenant: string,
    private readonly batch: BatchDocument,
    private readonly schema: Schema,
  ) {
    const { columns, canonical } = batch.input;
    this.match =
      canonical === undefined
        ? matchHeader(columns, schema)
        : canonicalMatch({ visible: columns, ...canonical }, schema);
  }

  /** @param rows of the shard, ascending. They stay as they are when the input has expired. */
  async complete(shard: BatchDocument['shards'][number], rows: readonly BatchRow[]): Promise<readonly BatchRow[]> {
    const bytes = await this.read(shard);
    if (bytes === undefined) return rows;
    await cpuTimeslices.next();
    return this.completeShard(shard, bytes, rows);
  }

  private async read({ offset, length }: BatchDocument['shards'][number]): Promise<Buffer | undefined> {
    try {
      const key = batchRowsKey(this.tenant, this.batch);
      return await this.store.getRange(key, { start: offset, end: offset + length });
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  }

  private completeShard(
    { firstRow, firstLine }: BatchDocument['shards'][number],
    bytes: Buffer,
    rows: readonly BatchRow[],
  ): BatchRow[] {
    const { dialect, canonical } = this.batch.input;
    const table = readRows(bytes, dialect, { columns: 1, featureColumns: [], maxValue: 1, missingTokens: [] });
    const lineEnd = lineEndByte(dialect.lineEnd);
    let [countedTo, passedLines] = [0, 0];
    return rows.map((row) => {
      const start = table.start[row.row - firstRow] ?? 0;
      const record = bytes.subarray(start, table.end[row.row - firstRow]);
      const features = this.scoredFeatures(record) ?? row.features;
      if (canonical !== undefined)
        return { ...row, line: lineOf(parseCells(record, dialect)[canonical.line]), features };
      passedLines += countByte(bytes, lineEnd, countedTo, start);
      countedTo = start;
      return { ...row, line: firstLine === undefined ? null : firstLine + passedLines, features };
    });
  }

  /** undefined for a row that was rejected. */
  private scoredFeatures(record: Buffer): BatchRow['features'] | undefined {
    const { input, options } = this.batch;
    const { samples, count } = readSamples(record, input.dialect, this.match, this.schema, options.missing, {
      faultColumn: input.canonical?.fault,
    });
    if (count === 0) return undefined;
    // Not measured is 0 in bytes, and NaN in numbers.
    const isMissing = samples instanceof Uint8Array ? (value: number) => value === 0 : Number.isNaN;
    return Object.fromEntries(
      this.schema.features.map(({ name }, feature) => {
        const value = samples[feature] ?? NaN;
        return [name, isMissing(value) ? null : value];
      }),
    );
  }
}

/** The hidden cell of a canonical row; empty for containers without lines. */
function lineOf(cell: string | undefined): number | null {
  return cell === undefined || cell === '' ? null : Number(cell);
}
