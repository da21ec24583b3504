import type { Dialect } from '../dialect';
import { headerRow } from '../read/header';
import { uniqueColumnNames } from './result-columns';
import { writeInputRow } from './result-row';
import { ByteWriter } from './byte-writer';

const BOM = Buffer.from('\uFEFF');

export interface ResultHeaderOptions {
  dialect: Dialect;
  /** The input's column names. */
  columns: string[];
  /** Names of the columns that follow. */
  added: readonly string[];
  formulas: 'escape' | 'keep';
}

/**
 * The first line of a file with the input's columns and added ones, in the input's dialect: its own header unchanged;
 * an added name that it already has gets a prefix.
 * @param header the input's bytes up to its first data row
 */
export function resultHeader(
  header: Uint8Array,
  { dialect, columns, added, formulas }: ResultHeaderOptions,
): Uint8Array {
  const row = headerRow(header, { dialect, byteLength: header.length });
  const writer = new ByteWriter(header.length * 2 + 512);
  if (dialect.bom) writer.bytes(BOM);
  writeInputRow(writer, row, 0, row.length, dialect, { columns: columns.length, formulas });
  for (const name of uniqueColumnNames(added, columns)) {
    writer.ascii(dialect.delimiter);
    writer.cell(name, dialect.delimiter);
  }
  writer.ascii(dialect.lineEnd);
  return writer.toBytes();
}
