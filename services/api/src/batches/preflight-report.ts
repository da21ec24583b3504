import type { ImportDocument, ImportWarningDocument, ModelPin } from '@cytoqueue/records';
import type { ColumnReport } from './match-columns';

/** Result of validating a file without creating a batch. */
export interface PreflightReport {
  filename: string | null;
  model: ModelPin;
  accepted: boolean;
  problems: { code: string; detail: string }[];
  /** null, as `bytes`, `dialect` and `rows`: the file was refused before it was read to its end. */
  input_sha256: string | null;
  bytes: number | null;
  import: ImportDocument | null;
  warnings: ImportWarningDocument[];
  warnings_total: number;
  dialect: { delimiter: string; line_end: string; bom: boolean } | null;
  /** Every column of the file and its use. */
  columns: ColumnReport[];
  rows: { total: number; valid: number; rejected: number; with_missing_features: number; repeated: number } | null;
  /** Number of rows by kind of error. */
  rejected_by_code: Record<string, number>;
  errors: { row: number; line: number | null; code: string; detail: string }[];
  /** Equal errors are counted together; the most frequent comes first. */
  faults: { code: string; detail: string; rows: number; first_row: number; first_line: number | null }[];
  missing_by_feature: Record<string, number>;
  drift: object;
  eta_seconds: number | null;
}
