import type { Delimiter } from '@cytoqueue/csv';

/** How the bytes are packed, found by their first bytes and never by the file's name. */
export type Container = 'csv' | 'gzip' | 'zip' | 'xlsx' | 'ods' | 'jsonl' | 'parquet';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | (string & {});

/** Something that a reader of the results has to know and that does not keep a row from being read. */
export interface ImportWarning {
  code: string;
  detail: string;
  /** 1-based row of the results. */
  row?: number;
  /** 1-based physical line, or the sheet's row. */
  line?: number;
  column?: string;
}

/** The member `import` of a preflight report and of a batch (docs: "Additions in version 2" of the HTTP API). */
export interface ImportReport {
  container: Container;
  encoding: Encoding;
  delimiter: Delimiter | ' ' | null;
  decimal: '.' | ',';
  /** 1-based physical line of the header; the sheet's row in a workbook, null where a container has no lines. */
  header_line: number | null;
  sheet: string | null;
  skipped_rows: SkippedRows;
  canonical_sha256: string;
  profile: { name: string; sha256: string } | null;
}

export interface SkippedRows {
  empty: number;
  repeated_header: number;
  title: number;
  second_header: number;
}
