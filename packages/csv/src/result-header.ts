import type { Dialect } from './dialect';
import { headerRecord } from './header';
import { addedColumnNames } from './result-columns';
import { writeRow } from './result-row';
import { ByteWriter } from './writer';

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
 * The first line of a file that carries the input's columns and more: the input's own header, names that it already has
 * told apart, in its dialect.
 * @param header the input's bytes up to its first data row
 */
export function resultHeader(header: Uint8Array, { dialect, columns, added, formulas }: ResultHeaderOptions): Uint8Array {
  const record = headerRecord(header, { dialect, byteLength: header.length });
  const writer = new ByteWriter(header.length * 2 + 512);
  if (dialect.bom) writer.bytes(BOM);
  writeRow(writer, record, 0, record.length, dialect, { columns: columns.length, formulas });
  for (const name of addedColumnNames(added, columns)) {
    writer.ascii(dialect.delimiter);
    writer.cell(name, dialect.delimiter);
  }
  writer.ascii(dialect.lineEnd);
  return writer.take();
}
