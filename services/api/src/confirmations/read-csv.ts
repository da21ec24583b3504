import { parse as parseCsv } from 'csv-parse/sync';
import express, { type Request, type Response } from 'express';
import { Problem } from '../http/problem';
import { MAX_ROWS, type ConfirmationBody, confirmationBody } from './openapi';

const readText = express.text({ type: ['text/csv', 'application/csv'], limit: '4mb', defaultCharset: 'utf-8' });
const COLUMNS = ['prediction_id', 'batch_id', 'row', 'sample_id', 'confirmed_class', 'confirmed_at'];

/** A row of the file: what it says, or why it cannot be used. */
export type CsvRow = ConfirmationBody | Problem;

export async function readCsvBody(request: Request, response: Response): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    readText(request, response, (error?: unknown) => (error ? reject(error as Error) : resolve()));
  });
  return typeof request.body === 'string' ? request.body : '';
}

/** @throws Problem 413 for too many rows, 422 for what is no CSV with these columns */
export function parseRows(text: string): CsvRow[] {
  const [header = [], ...rows] = parseCells(text);
  const columns = header.map((name) => name.trim().toLowerCase());
  const unknown = columns.find((column, index) => !COLUMNS.includes(column) || columns.indexOf(column) !== index);
  if (unknown !== undefined || !columns.includes('confirmed_class'))
    throw invalidCsv('header', `The header must name each of its columns once, out of: ${COLUMNS.join(', ')}.`);
  if (rows.length > MAX_ROWS)
    throw new Problem('too-large', `The file has ${rows.length} rows; at most ${MAX_ROWS} are taken at once.`);
  return rows.map((cells) => toRow(columns, cells));
}

function parseCells(text: string): string[][] {
  const delimiter = text.slice(0, text.indexOf('\n') >>> 0).includes(';') ? ';' : ',';
  try {
    return parseCsv(text, { bom: true, delimiter, skip_empty_lines: true });
  } catch (error) {
    const { code, lines } = error as { code?: string; lines?: number };
    throw invalidCsv(code ?? 'csv', `The file cannot be read as CSV, near line ${lines ?? 1}.`, error);
  }
}

function invalidCsv(code: string, detail: string, cause?: unknown): Problem {
  return new Problem('invalid-csv', detail, { errors: [{ code: code.toLowerCase(), detail }], cause });
}

function toRow(columns: readonly string[], cells: readonly string[]): CsvRow {
  const given = columns
    .map((column, index): [string, string] => [column, (cells[index] ?? '').trim()])
    .filter(([, cell]) => cell !== '');
  const parsed = confirmationBody.safeParse(
    Object.fromEntries(given.map(([column, cell]) => [column, column === 'row' ? toNumber(cell) : cell])),
  );
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0] as { path: PropertyKey[]; message: string };
  return new Problem('invalid-request', `${path.join('.')}: ${message}`);
}

function toNumber(cell: string): number {
  return /^\d{1,10}$/.test(cell) ? Number(cell) : NaN;
}
