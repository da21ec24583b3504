import { type Dialect, parseCells, readRows, resultColumns } from '@cytoqueue/csv';
import { type BatchDocument, SHARD_FAILED, probabilityFields } from '@cytoqueue/records';
import { type Schema, matchHeader } from '@cytoqueue/schema';
import type { z } from 'zod';
import type { batchRow } from './openapi';

export type BatchRow = z.output<typeof batchRow>;

export interface RowFilter {
  outcome?: 'confident' | 'indeterminate';
  predicted_class?: string;
  reason?: string;
  id_prefix?: string;
  /** Decides by the row's number and identifier. */
  accepts?: (row: number, sampleId: string | null) => boolean;
}

const RESULT_COLUMN_COUNT = resultColumns('').length;

/** A text cell that the result file protects with an apostrophe against being run as a formula. */
const GUARDED_TEXT = /^'(?=[=+\-@\t\r])/;

/** Parses stored rows of a batch. */
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

  /** Yields the rows of a shard's results from an index on; undefined for each row that the filter excludes. */
  *resultRows(bytes: Uint8Array, from: number, filter: RowFilter): Generator<BatchRow | undefined> {
    for (const cells of this.cells(bytes, from, filter)) {
      const id = cells === undefined ? null : this.idOf(cells, true);
      const isWanted =
        cells !== undefined &&
        this.hasResult(cells, filter) &&
        isAccepted(Number(cells[this.columns]), id && this.unescape(id), filter);
      yield isWanted ? this.toResultRow(cells) : undefined;
    }
  }

  /** Yields the input rows of an unscored shard; undefined for each row that the filter excludes. */
  *failedRows(bytes: Uint8Array, firstRow: number, from: number, filter: RowFilter): Generator<BatchRow | undefined> {
    const { outcome, predicted_class, reason } = filter;
    if (outcome !== undefined || predicted_class !== undefined || reason !== undefined) return;
    let row = firstRow + from;
    for (const cells of this.cells(bytes, from, filter)) {
      const isAligned = this.match.isCanonical || cells?.length === this.columns;
      const isWanted = cells !== undefined && isAccepted(row, this.idOf(cells, isAligned), filter);
      const error = { status: 'failed', ...SHARD_FAILED } as const;
      yield isWanted ? { ...this.toRow(row, cells, isAligned), error } : undefined;
      row++;
    }
  }

  /** Checks only the cells that a filter needs, because building a row takes ten times as long as splitting it. */
  private hasResult(cells: readonly string[], { outcome, predicted_class, reason }: RowFilter): boolean {
    const [, status, label, , given, reasons] = cells.slice(this.columns, this.columns + 6);
    return (
      (reason === undefined || split(reasons).includes(reason)) &&
      (outcome === undefined || (status === 'ok' && given === outcome)) &&
      (predicted_class === undefined || (status === 'ok' && label === predicted_class))
    );
  }

  private idOf(cells: readonly string[], isAligned: boolean): string | null {
    const { idColumn } = this.match;
    return idColumn === undefined || !isAligned ? null : (cells[idColumn] ?? null);
  }

  private get columns(): number {
    return this.match.columns.length;
  }

  /** Yields the cells of each row; skips parsing (undefined) while a row's bytes cannot contain the identifier. */
  private *cells(bytes: Uint8Array, from: number, { id_prefix = '' }: RowFilter): Generator<string[] | undefined> {
    const needle = id_prefix.split('"', 1).join();
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!all.includes(needle)) return;
    const table = readRows(bytes, this.dialect, { columns: 1, featureColumns: [], maxValue: 1, missingTokens: [] });
    for (let row = from; row < table.rows; row++) {
      const raw = all.subarray(table.start[row], table.end[row]);
      yield raw.includes(needle) ? parseCells(raw, this.dialect) : undefined;
    }
  }

  private toResultRow(cells: string[]): BatchRow {
    const [row, status, label, probability, outcome, reason, missing, , code, detail] = cells.slice(
      this.columns,
      this.columns + RESULT_COLUMN_COUNT,
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
        predicted_class: label ?? '',
        ...probabilityFields(this.schema.labels, Number(probability)),
        outcome: outcome as 'confident' | 'indeterminate',
        reasons: split(reason),
        missing_features: split(missing),
      },
    };
  }

  private toRow(row: number, cells: string[], isAligned: boolean) {
    const { featureColumns } = this.match;
    const valueOf = (feature: number) => (isAligned ? this.toNumber(cells[featureColumns[feature] ?? -1]) : null);
    const features = Object.fromEntries(this.schema.features.map(({ name }, index) => [name, valueOf(index)]));
    return {
      row,
      line: null,
      sample_id: this.idOf(cells, isAligned),
      features,
    };
  }

  /** null when not measured, and for text that is no number, which the row's error reports. */
  private toNumber(cell: string | undefined): number | null {
    const text = cell?.trim() ?? '';
    const value = text === '' ? NaN : Number(this.decimalComma ? text.replace(',', '.') : text);
    return Number.isFinite(value) ? value : null;
  }

  private unescape(cell: string): string {
    return this.unescapes ? cell.replace(GUARDED_TEXT, '') : cell;
  }
}

function isAccepted(row: number, id: string | null, { id_prefix = '', accepts }: RowFilter): boolean {
  return (id ?? '').startsWith(id_prefix) && (accepts === undefined || accepts(row, id));
}

function split(list: string | undefined): string[] {
  return list === undefined || list === '' ? [] : list.split(';');
}

/** Positions of a file's columns in its results. */
interface RowMatch {
  columns: readonly string[];
  featureColumns: ArrayLike<number>;
  idColumn?: number;
  /** The stored rows have hidden columns after those of the file. */
  isCanonical: boolean;
}

function matchRow({ columns, canonical }: BatchDocument['input'], schema: Schema): RowMatch {
  if (canonical === undefined) return { ...matchHeader(columns, schema), isCanonical: false };
  return { columns, featureColumns: canonical.sources, idColumn: canonical.id ?? undefined, isCanonical: true };
}
