export interface CsvErrorLocation {
  /** 1-based data row; 0 is the header. */
  row?: number;
  /** 1-based physical line. */
  line?: number;
  column?: string;
  /** Offset in the file. */
  byteOffset?: number;
}

/** Bytes that are no CSV file. The message names places only, never a cell, so that it may be logged. */
export class CsvError extends Error {
  readonly code: string;
  readonly row?: number;
  readonly line?: number;
  readonly column?: string;
  readonly byteOffset?: number;

  constructor(code: string, message: string, location: CsvErrorLocation = {}) {
    super(message);
    this.name = 'CsvError';
    this.code = code;
    this.row = location.row;
    this.line = location.line;
    this.column = location.column;
    this.byteOffset = location.byteOffset;
  }
}
