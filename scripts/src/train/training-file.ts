import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type HeaderMatch,
  type LabelledSample,
  matchHeader,
  readLabelledRow,
  type Schema,
  SchemaError,
  type TrainingDataIssue,
} from '@cytoqueue/schema';
import { CsvError, parse } from 'csv-parse/sync';
import { InvalidTrainingFileError } from './invalid-training-file';

/** Content of a labelled CSV file for training. */
export interface TrainingFile {
  /** `sha256:` and the hex SHA-256 of the file's bytes. */
  readonly digest: string;
  /** Number of data rows. */
  readonly rows: number;
  /** Rows without missing features, in the order of the file. */
  readonly complete: LabelledSample[];
}

/** @throws InvalidTrainingFileError with all errors in the header and the cells */
export function readTrainingFile(path: string, schema: Schema): TrainingFile {
  const bytes = readFileSync(path);
  const [columns = [], ...rows] = parseCells(bytes);
  const match = matchColumns(columns, schema);
  const issues: TrainingDataIssue[] = [];
  const complete: LabelledSample[] = [];
  rows.forEach((cells, index) => {
    const row = readLabelledRow(cells, index + 1, match, schema);
    if (row === undefined) return;
    if ('code' in row) issues.push(row);
    else complete.push(row);
  });
  if (issues.length > 0) throw new InvalidTrainingFileError(issues);
  return {
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    rows: rows.length,
    complete,
  };
}

function parseCells(bytes: Buffer): string[][] {
  try {
    return parse(bytes, { bom: true, relax_column_count: true, skip_empty_lines: true });
  } catch (error) {
    if (error instanceof CsvError) throw new InvalidTrainingFileError([{ code: 'not-csv', detail: error.message }]);
    throw error;
  }
}

function matchColumns(columns: string[], schema: Schema): HeaderMatch {
  try {
    const match = matchHeader(columns, schema);
    if (match.labelColumn !== undefined) return match;
  } catch (error) {
    if (error instanceof SchemaError)
      throw new InvalidTrainingFileError(error.errors.map(({ code, detail }) => ({ code, detail })));
    throw error;
  }
  throw new InvalidTrainingFileError([
    { code: 'missing-column', detail: `no class column (${schema.labelColumns.join(' or ')})` },
  ]);
}
