/** JSON types of how files are read, as in `/openapi.json`. */

/** How a file was read. */
export interface ImportReport {
  container: 'csv' | 'gzip' | 'zip' | 'xlsx' | 'ods' | 'jsonl' | 'parquet';
  encoding: string | null;
  delimiter: string | null;
  decimal: '.' | ',';
  header_line: number | null;
  sheet: string | null;
  skipped_rows: { empty: number; repeated_header: number; title: number; second_header: number };
  /** Changes made to read the file. */
  repairs: { code: string; detail: string }[];
  canonical_sha256: string;
  profile: { name: string; sha256: string } | null;
}

export interface FileWarning {
  code: string;
  detail: string;
  row?: number;
  line?: number;
  column?: string;
}

/** Saved settings for reading a lab's files. */
export interface ImportProfile {
  /** Canonical feature name, `id` or `label` → the file's own column. */
  columns?: Record<string, string>;
  header_line?: number;
  delimiter?: ',' | ';' | '\t' | '|' | ' ';
  decimal?: '.' | ',';
  encoding?: string;
  missing?: string[];
  sheet?: string;
}

/** As saved; `warnings` names what no upload would use. */
export type SavedImportProfile = NamedImportProfile & { warnings?: { code: string; detail: string }[] };

export type NamedImportProfile = { name: string } & ImportProfile & {
    /** In lists only: the stored profile is damaged or cannot be read. Replacing it helps. */
    error?: { code: 'object-damaged' | 'object-unreadable'; detail: string };
  };
