import type { ExpansionLimit } from './containers/expansion-limit';
import type { Container, ImportWarning } from './report';

/** Random access to the stored original, for containers that keep their directory at the end. */
export interface RandomAccess {
  /** Bytes of the whole file. */
  readonly size: number;
  /** May return fewer bytes only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A row of a text file, workbook, JSON Lines or Parquet file. */
export interface SourceRow {
  /** Cells as text; numbers in their shortest form with a decimal point, blank cells as ''. */
  cells: string[];
  /** The sheet's row, the physical line of JSON Lines, null in Parquet. */
  line: number | null;
  /** The row is rejected with this error, such as a formula without a stored value, and stays in the results. */
  fault?: RowFault;
  /** Number of physical lines of the row, when quoted cells contain line ends. */
  lines?: number;
  /** The row's bytes in a text file, without the line end, if they are well-formed. */
  raw?: Buffer;
  /** A blank row that stands for so many equal ones: a text can hold millions. */
  count?: number;
}

export interface RowFault {
  code: string;
  detail: string;
}

/** The bytes of a CSV file, unpacked from gzip or zip if necessary. */
export interface TextSource {
  kind: 'text';
  container: Container;
  bytes: AsyncIterable<Uint8Array>;
  /** Limit of the container from which the bytes are unpacked; they are counted already. */
  limit?: ExpansionLimit;
  /** Name of the file inside an archive. */
  member?: string;
}

/**
 * Rows of a container with its own structure. The header is the first row (Parquet, JSON Lines: the names, line null).
 */
export interface RowSource {
  kind: 'rows';
  container: Container;
  sheet: string | null;
  rows: AsyncIterable<SourceRow>;
  /** Warnings of the reader, such as hidden rows; complete when `rows` has ended. */
  warnings: ImportWarning[];
}

export type Source = TextSource | RowSource;
