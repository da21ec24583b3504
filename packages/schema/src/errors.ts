/** One error in a header or a record, described with the column names of the sender's file. */
export interface FieldError {
  field?: string;
  /** 1-based data row. */
  row?: number;
  /** 1-based physical line of the file. */
  line?: number;
  /** Column name as written in the file. */
  column?: string;
  code: string;
  detail: string;
  received?: unknown;
  /** The sheets to choose from, where a workbook needs a choice. */
  sheets?: readonly string[];
}

export interface UnmatchedColumn {
  readonly column: string;
  /** The feature whose name is most like the column's. */
  readonly suggestion?: string;
}

/**
 * Input that does not fit its schema. `code` is the first error's. The message counts and names no value, so that it
 * may be logged; `errors` is for the sender alone.
 */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  readonly code: string;
  readonly errors: FieldError[];
  /** For a header: columns that the schema does not know, each with the most similar feature name. */
  readonly unmatched: readonly UnmatchedColumn[];

  constructor(errors: FieldError[], unmatched: readonly UnmatchedColumn[] = []) {
    const code = errors[0]?.code ?? 'invalid-input';
    super(errors.length === 1 ? code : `${code} and ${errors.length - 1} more`);
    this.code = code;
    this.errors = errors;
    this.unmatched = unmatched;
  }
}

const MAX_QUOTED_LENGTH = 40;

/** Quotes a cell's text for an error's detail and truncates it, because a cell may hold an entire report. */
export function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}…` : text);
}
