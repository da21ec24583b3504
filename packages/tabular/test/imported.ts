import { RowScanner, delimiterByte, lineEndByte, parseCells } from '@cytoqueue/csv';
import { type Schema, wbc } from '@cytoqueue/schema';
import { type ImportSummary, type ImportSettings, type ImportStart, type Source, openImport, readFault } from '../src';

export interface ImportedRow {
  cells: string[];
  /** One text per feature. */
  values: string[];
  line: number | null;
  fault?: { code: string; detail: string };
}

export interface Imported extends ImportSummary {
  start: ImportStart;
  read: ImportedRow[];
  bytes: Buffer;
}

export type TestSettings = Partial<Omit<ImportSettings, 'schema'>> & { schema?: Schema; chunkBytes?: number };

/** Imports a text file and reads the canonical form back as a worker would. */
export function importText(
  file: string | Uint8Array,
  { chunkBytes = 997, ...settings }: TestSettings = {},
): Promise<Imported> {
  return importSource({ kind: 'text', container: 'csv', bytes: chunksOf(Buffer.from(file), chunkBytes) }, settings);
}

export async function importSource(source: Source, settings: TestSettings = {}): Promise<Imported> {
  const { start, bytes } = await openImport(source, { schema: wbc, ...settings });
  const blocks: Uint8Array[] = [];
  for (let next = await bytes.next(); ; next = await bytes.next()) {
    if (next.done === true)
      return { ...next.value, start, bytes: Buffer.concat(blocks), read: readCanonical(Buffer.concat(blocks), start) };
    blocks.push(next.value);
  }
}

async function* chunksOf(bytes: Buffer, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

/** The canonical rows, cut as the API and the workers cut them. */
function readCanonical(bytes: Buffer, { columns, dialect }: ImportStart): ImportedRow[] {
  const scanner = new RowScanner(delimiterByte(dialect.delimiter), lineEndByte(dialect.lineEnd));
  const records: Buffer[] = [];
  for (let start = 0, at = scanner.findRowEnd(bytes, 0); at >= 0; at = scanner.findRowEnd(bytes, start)) {
    records.push(bytes.subarray(start, dialect.lineEnd === '\r\n' ? at - 1 : at));
    start = at + 1;
  }
  return records.slice(1).map((record) => {
    const cells = parseCells(record, dialect);
    const line = cells[columns.line];
    const fault = readFault(cells[columns.fault]);
    return {
      cells: cells.slice(0, columns.visible.length),
      values: columns.features.map((column) => cells[column]),
      line: line === '' ? null : Number(line),
      ...(fault !== undefined && { fault }),
    };
  });
}

export const FEATURES = wbc.features.map(({ name }) => name);
export const HEADER = ['id', ...FEATURES];
/** A row with its identifier and nine grades. */
export const ROW = ['P1', '4', '1', '2', '1', '2', '1', '3', '1', '1'];
export const OTHER = ['P2', '9', '7', '8', '5', '6', '10', '7', '8', '3'];
export const GRADES = ROW.slice(1);

export function lines(...rows: readonly (readonly string[] | string)[]): string {
  return rows.map((row) => (typeof row === 'string' ? row : row.join(',')) + '\n').join('');
}
