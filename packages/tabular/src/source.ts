import type { Container, ImportWarning } from './report';

/** Random access to the stored original, for containers that keep their directory at the end. */
export interface RandomAccess {
  /** Bytes of the whole file. */
  readonly size: number;
  /** May answer with fewer bytes only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A row as its container has it: a line of text, of a workbook, of JSON Lines, of Parquet. */
export interface SourceRow {
  /** Texts as a person reads them; numbers in their shortest form with a decimal point, nothing as ''. */
  cells: string[];
  /** The sheet's row, the physical line of JSON Lines, null in Parquet. */
  line: number | null;
  /** The row stays in the results and is rejected with this, such as a formula without a cached value. */
  fault?: RowFault;
  /** Physical lines of a text file that the row takes, where quoted cells hold line ends. */
  lines?: number;
  /** The row's bytes in a text file, without the line end, where they are one well-formed record. */
  raw?: Buffer;
}

export interface RowFault {
  code: string;
  detail: string;
}

/** The bytes of a CSV file, perhaps unpacked from gzip or zip. */
export interface TextSource {
  kind: 'text';
  container: Container;
  bytes: AsyncIterable<Uint8Array>;
  /** Name of the file inside an archive. */
  member?: string;
}

/** Rows that a container names by itself; the header comes as an ordinary row (Parquet, JSON Lines: the names, line null). */
export interface RowSource {
  kind: 'rows';
  container: Container;
  sheet: string | null;
  rows: AsyncIterable<SourceRow>;
  /** Warnings of the reader, such as hidden rows; complete when `rows` has ended. */
  warnings: ImportWarning[];
}

export type Source = TextSource | RowSource;
