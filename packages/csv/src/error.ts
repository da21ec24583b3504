export interface CsvErrorPlace {
  /** 1-based data row; 0 is the header. */
  row?: number;
  column?: string;
  /** Offset in the file. */
  byteOffset?: number;
}

/** Bytes that are no CSV file. The message names places only, never a cell, so that it may be logged. */
export class CsvError extends Error {
  readonly code: string;
  readonly row?: number;
  readonly column?: string;
  readonly byteOffset?: number;

  constructor(code: string, message: string, place: CsvErrorPlace = {}) {
    super(message);
    this.name = 'CsvError';
    this.code = code;
    this.row = place.row;
    this.column = place.column;
    this.byteOffset = place.byteOffset;
  }
}
