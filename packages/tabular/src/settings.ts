import type { Delimiter } from '@cytoqueue/csv';
import type { Schema } from '@cytoqueue/schema';

/** Most columns that a file may have. */
export const MAX_COLUMNS = 1_000;

/**
 * A tenant's saved description of its files. Each member overrides a decision that is otherwise made from the file's
 * content.
 */
export interface ImportProfile {
  /** Canonical feature name, `id` or `label` → the file's own column name. */
  columns?: Readonly<Record<string, string>>;
  /** 1-based physical line, or the sheet's row. */
  header_line?: number;
  delimiter?: ColumnSeparator;
  decimal?: '.' | ',';
  encoding?: string;
  /** Texts that mean "not measured", in addition to the standard ones. */
  missing?: readonly string[];
  sheet?: string;
}

/** Columns of a text file; ' ' stands for any run of blanks. */
export type ColumnSeparator = Delimiter | ' ';

/** Plain data, so that it can be sent to a worker thread. */
export interface ImportSettings {
  schema: Schema;
  profile?: { name: string; sha256: string; content: ImportProfile };
  /** `charset=` of the request; overrides the profile. */
  charset?: string;
  /** `?sheet=`; overrides the profile. */
  sheet?: string;
  /** Maximum size to which a container may expand. Default 4 GiB. */
  maxExpandedBytes?: number;
  /** Limit for one row of a text file. Default 1 MiB. */
  maxRowBytes?: number;
  /** Default 1,000. */
  maxColumns?: number;
}
