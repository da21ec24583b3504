import { type Dialect, RESULT_COLUMNS, parseCells, readRows } from '@cytoqueue/csv';
import { type BatchDocument, SHARD_FAILED } from '@cytoqueue/records';
import { type Schema, matchHeader } from '@cytoqueue/schema';
import type { z } from 'zod';
import type { batchRow } from './openapi';

export type BatchRow = z.output<typeof batchRow>;

/** A text cell that the result file guards against spreadsheets. */
const GUARDED_TEXT = /^'(?=[=+\-@\t\r])/;

/** Reads rows of a batch from the bytes that the batch has stored of them. */
export class RowFormat {
  private readonly dialect: Dialect;
  private readonly match: RowMatch;
  private readonly decimalComma: boolean;
  private readonly unescapes: boolean;

  constructor(
    { input, options, import: imported }: BatchDocument,
    private readonly schema: Schema,
  ) {
    this.dialect = input.dialect;
    this.match = matchRow(input, schema);
    this.decimalComma = imported?.decimal === ',';
    this.unescapes = options.formulas === 'escape';
  }

  get hasIds(): boolean {
    return this.match.idColumn !== undefined;
  }

  /** Rows of a shard's part of the result file, from a place in it on. */
  *resultRows(bytes: Uint8Array, from = 0): Generator<BatchRow> {
    for (const cells of this.cells(bytes, from)) yield this.toResultRow(cells);
  }

  /** Rows of the input, of a shard that was not scored. */
  *failedRows(bytes: Uint8Array, firstRow: number, from = 0): Generator<BatchRow> {
    let row = firstRow + from;
    for (const cells of this.cells(bytes, from))
      yield {
        ...this.toRow(row++, cells, this.match.isCanonical || cells.length === this.columns),
        error: { status: 'failed', ...SHARD_FAILED },
      };
  }

  private get columns(): number {
    return this.match.columns.length;
  }

  private *cells(bytes: Uint8Array, from: number): Generator<string[]> {
    const table = readRows(bytes, this.dialect, { columns: 1, featureColumns: [], maxValue: 1, missingTokens: [] });
    for (let row = from; row < table.rows; row++)
      yield parseCells(bytes.subarray(table.start[row], table.end[row]), this.dialect);
  }

  private toResultRow(cells: string[]): BatchRow {
    const [row, status, label, probability, outcome, reason, missing, , code, detail] = cells.slice(
      this.columns,
      this.columns + RESULT_COLUMNS.length,
    );
    const base = this.toRow(
      Number(row),
      cells.map((cell) => this.unescape(cell)),
      true,
    );
    if (status !== 'ok')
      return { ...base, error: { status: status as 'rejected' | 'failed', code: code ?? '', detail: detail ?? '' } };
    return {
      ...base,
      result: {
        predicted_class: label as 'benign' | 'malignant',
        probability_malignant: Number(probability),
        outcome: outcome as 'confident' | 'indeterminate',
        reasons: split(reason),
        missing_features: split(missing),
      },
    };
  }

  private toRow(row: number, cells: string[], isAligned: boolean) {
    const { featureColumns, idColumn } = this.match;
    const valueOf = (feature: number) => (isAligned ? this.toNumber(cells[featureColumns[feature] ?? -1]) : null);
    const features = Object.fromEntries(this.schema.features.map(({ name }, index) => [name, valueOf(index)]));
    return {
      row,
      line: null,
      sample_id: idColumn === undefined || !isAligned ? null : (cells[idColumn] ?? null),
      features,
    };
  }

  /** null for what was not measured, and for what is no number: the error of the row then says so. */
  private toNumber(cell: string | undefined): number | null {
    const text = cell?.trim() ?? '';
    const value = text === '' ? NaN : Number(this.decimalComma ? text.replace(',', '.') : text);
    return Number.isFinite(value) ? value : null;
  }

  private unescape(cell: string): string {
    return this.unescapes ? cell.replace(GUARDED_TEXT, '') : cell;
  }
}

function split(list: string | undefined): string[] {
  return list === undefined || list === '' ? [] : list.split(';');
}

/** Where the columns of a file lie in its results. */
interface RowMatch {
  columns: readonly string[];
  featureColumns: ArrayLike<number>;
  idColumn?: number;
  /** The stored rows have hidden columns behind those of the file. */
  isCanonical: boolean;
}

function matchRow({ columns, canonical }: BatchDocument['input'], schema: Schema): RowMatch {
  if (canonical === undefined) return { ...matchHeader(columns, schema), isCanonical: false };
  return { columns, featureColumns: canonical.sources, idColumn: canonical.id ?? undefined, isCanonical: true };
}
