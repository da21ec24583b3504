import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { LabelledSample } from '@cytoqueue/training';
import { type HeaderMatch, matchHeader, parseLabel, parseRow, type Schema, SchemaError } from '@cytoqueue/schema';
import { CsvError, parse } from 'csv-parse/sync';
import { type TrainingDataIssue, InvalidTrainingFileError } from './invalid-training-file';

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
  const labelled = rows.map((cells, index) => readRow(cells, index + 1, match, schema, issues));
  if (issues.length > 0) throw new InvalidTrainingFileError(issues);
  return {
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    rows: rows.length,
    complete: labelled.filter(
      (row) => row !== undefined && !Array.from(row.sample).some(Number.isNaN),
    ) as LabelledSample[],
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

function readRow(
  cells: string[],
  row: number,
  match: HeaderMatch,
  schema: Schema,
  issues: TrainingDataIssue[],
): LabelledSample | undefined {
  const result = parseRow(cells, match, schema);
  if (!result.ok) {
    // A row with many missing features is not an error, only incomplete.
    if (result.code !== 'too-many-missing') issues.push({ code: result.code, detail: result.detail, row });
    return undefined;
  }
  const text = cells[match.labelColumn ?? -1] ?? '';
  const label = parseLabel(text, schema);
  if (label === undefined) {
    const expected = schema.labelTokens.flat().join(', ');
    issues.push({
      code: 'unknown-label',
      detail: `${JSON.stringify(text)} is not a class; expected one of ${expected}`,
      row,
    });
    return undefined;
  }
  const id = match.idColumn === undefined ? undefined : cells[match.idColumn];
  return { trainingRow: row, id, sample: result.sample, label };
}
