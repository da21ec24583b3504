import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { LabelledSample } from '@cytoqueue/classifier';
import { type HeaderMatch, matchHeader, parseLabel, parseRow, type Schema } from '@cytoqueue/schema';
import { parse } from 'csv-parse/sync';

/** A labelled CSV file, read for training. */
export interface TrainingFile {
  /** `sha256:` and the hex SHA-256 of the file's bytes. */
  readonly digest: string;
  /** The rows with every feature measured, in the file's order. */
  readonly complete: LabelledSample[];
}

/**
 * Reads a labelled CSV file.
 * @throws SchemaError when its header does not fit the schema
 * @throws Error naming the data row that is no sample or has no class
 */
export function readTrainingFile(path: string, schema: Schema): TrainingFile {
  const bytes = readFileSync(path);
  const [columns, ...rows] = parse(bytes, { bom: true, relax_column_count: true, skip_empty_lines: true });
  const match = matchHeader(columns, schema);
  const labelled = rows.map((cells, index) => parseLabelledRow(cells, index + 1, match, schema));
  return {
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    complete: labelled.filter(({ sample }) => !Array.from(sample).some(Number.isNaN)),
  };
}

function parseLabelledRow(cells: string[], trainingRow: number, match: HeaderMatch, schema: Schema): LabelledSample {
  const result = parseRow(cells, match, schema);
  if (!result.ok) throw new Error(`data row ${trainingRow}: ${result.detail}`);
  const label = match.labelColumn === undefined ? undefined : parseLabel(cells[match.labelColumn], schema);
  if (label === undefined) throw new Error(`data row ${trainingRow} has no class`);
  const id = match.idColumn === undefined ? undefined : cells[match.idColumn];
  return { trainingRow, id, sample: result.sample, label };
}
