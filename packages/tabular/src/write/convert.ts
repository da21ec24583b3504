import type { Dialect } from '@cytoqueue/csv';
import { writeJsonLines } from './json-lines';
import { writeParquet } from './parquet';
import type { ResultFormat } from './result-formats';
import { readResultTable, type ColumnType, type ResultTable } from './result-table';
import { assertXlsxRows, writeXlsx } from './xlsx';

const WRITERS: Readonly<Record<ResultFormat, (table: ResultTable) => AsyncGenerator<Uint8Array>>> = {
  xlsx: writeXlsx,
  jsonl: writeJsonLines,
  parquet: writeParquet,
};

export interface ConvertOptions {
  format: ResultFormat;
  /** Dialect of the CSV file. */
  dialect: Dialect;
  /** Data rows of the CSV file: a workbook has room for 1,048,575. */
  rows: number;
  /** The type of each column of the header. */
  typesOf: (names: readonly string[]) => readonly ColumnType[];
}

/**
 * Converts a CSV file of results, errors or changes while it is read; holds a chunk of rows, for Parquet a row group.
 * @throws TabularError `too-many-rows` at once, before anything is read
 */
export function convertResults(bytes: AsyncIterable<Uint8Array>, options: ConvertOptions): AsyncGenerator<Uint8Array> {
  if (options.format === 'xlsx') assertXlsxRows(options.rows);
  return convert(bytes, options);
}

async function* convert(
  bytes: AsyncIterable<Uint8Array>,
  { format, dialect, typesOf }: ConvertOptions,
): AsyncGenerator<Uint8Array> {
  const table = await readResultTable(bytes, dialect, typesOf);
  if (table === undefined) return;
  try {
    yield* WRITERS[format](table);
  } finally {
    // A writer that was stopped before its first row has not begun to read them, and would leave the file open.
    await table.rows.return(undefined);
  }
}
