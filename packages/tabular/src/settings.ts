import type { Delimiter } from '@cytoqueue/csv';
import type { Schema } from '@cytoqueue/schema';

/** A tenant's saved description of its files; every member overrides a decision that is otherwise taken from the bytes. */
export interface ImportProfile {
  /** Canonical feature name, `id` or `label` → the file's own column name. */
  columns?: Readonly<Record<string, string>>;
  /** 1-based physical line, or the sheet's row. */
  header_line?: number;
  delimiter?: ColumnSeparator;
  decimal?: '.' | ',';
  encoding?: string;
  /** Texts that mean "not measured", beside the standard ones. */
  missing?: readonly string[];
  sheet?: string;
}

/** Columns of a text file; ' ' stands for any run of blanks. */
export type ColumnSeparator = Delimiter | ' ';

/** Plain data, so that it can be sent to a worker thread. */
export interface ImportSettings {
  schema: Schema;
  profile?: { name: string; sha256: string; content: ImportProfile };
  /** `charset=` of the request; goes before the profile. */
  charset?: string;
  /** `?sheet=`; goes before the profile. */
  sheet?: string;
  /** Most bytes that a container may expand to. Default 4 GiB. */
  maxExpandedBytes?: number;
  /** Limit for one row of a text file. Default 1 MiB. */
  maxRowBytes?: number;
  /** Default 1,000. */
  maxColumns?: number;
}
