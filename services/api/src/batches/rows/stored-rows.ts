import { countByte, lineEndByte, parseCells, readRows } from '@cytoqueue/csv';
import { type BatchDocument, readShardRows, shardAt } from '@cytoqueue/records';
import { readSamples, toNumbers } from '@cytoqueue/samples';
import type { HeaderMatch, Schema } from '@cytoqueue/schema';
import { ObjectCorruptError, ObjectNotFoundError, type ObjectStore } from '@cytoqueue/storage';
import { matchStoredColumns } from '@cytoqueue/tabular';
import { cpuTimeslices } from '../../concurrency/cpu-timeslices';
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
    this.match = matchStoredColumns(batch.input, schema);
  }

  /** @param rows of the shard, ascending. They stay as they are when the input has expired or is damaged. */
  async complete(shard: number, rows: readonly BatchRow[]): Promise<readonly BatchRow[]> {
    const bytes = await this.read(shard);
    if (bytes === undefined) return rows;
    await cpuTimeslices.next();
    return this.completeShard(shardAt(this.batch, shard), bytes, rows);
  }

  private async read(shard: number): Promise<Buffer | undefined> {
    try {
      return await readShardRows(this.store, this.tenant, this.batch, shard);
    } catch (error) {
      if (error instanceof ObjectNotFoundError || error instanceof ObjectCorruptError) return undefined;
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
    const values = toNumbers(samples);
    return Object.fromEntries(
      this.schema.features.map(({ name }, feature) => {
        const value = values[feature] ?? NaN;
        return [name, Number.isNaN(value) ? null : value];
      }),
    );
  }
}

/** The hidden cell of a canonical row; empty for containers without lines. */
function lineOf(cell: string | undefined): number | null {
  return cell === undefined || cell === '' ? null : Number(cell);
}
