import type { ColumnSeparator } from './settings';

/** Container of the file, detected by its first bytes and never by its name. */
export type Container = 'csv' | 'gzip' | 'zip' | 'xlsx' | 'ods' | 'jsonl' | 'parquet';

/** A fact that readers of the results must know. A row that it names is still read. */
export interface ImportWarning {
  code: string;
  detail: string;
  /** 1-based row of the results. */
  row?: number;
  /** 1-based physical line, or the sheet's row. */
  line?: number;
  column?: string;
}

/** A change that the import made to read the file, once per kind. */
export interface Repair {
  code: string;
  detail: string;
}

export interface SkippedRows {
  /** Rows with blank cells only, including empty lines. */
  empty: number;
  repeated_header: number;
  /** Titles, comments and a `sep=` line. */
  title: number;
  second_header: number;
}

/** The member `import` of preflight reports and batches. */
export interface ImportReport {
  container: Container;
  /** Name by which iconv-lite knows it, such as `utf-8`; null where the container holds no text bytes. */
  encoding: string | null;
  /** null where the container holds no text bytes. */
  delimiter: ColumnSeparator | null;
  decimal: '.' | ',';
  /** 1-based physical line, or the sheet's row; null where a container has no lines. */
  header_line: number | null;
  sheet: string | null;
  skipped_rows: SkippedRows;
  repairs: Repair[];
  canonical_sha256: string;
  profile: { name: string; sha256: string } | null;
}

const MAX_LISTED_WARNINGS = 100;

/** Collects the warnings and repairs of an import while it runs. */
export class ImportLog {
  readonly skipped: SkippedRows = { empty: 0, repeated_header: 0, title: 0, second_header: 0 };
  readonly warnings: ImportWarning[] = [];
  readonly repairs: Repair[] = [];
  warningsTotal = 0;

  warn(warning: ImportWarning): void {
    this.warningsTotal++;
    if (this.warnings.length < MAX_LISTED_WARNINGS) this.warnings.push(warning);
  }

  repair(code: string, detail: string): void {
    if (!this.repairs.some((repair) => repair.code === code)) this.repairs.push({ code, detail });
  }
}
