import { type FieldError, quote, SchemaError } from './errors';
import { normalizeName, matchFeature } from './column-names';
import type { Schema } from './schema';

/** Where a file has its features. Columns that are no feature are carried along and never become one. */
export interface HeaderMatch {
  /** The file's own column names, in its order. */
  readonly columns: string[];
  /** Feature index → column index. */
  readonly featureColumns: Int32Array;
  /** Feature index → how its column was recognised. */
  readonly matchedBy: ('name' | 'alias')[];
  readonly labelColumn?: number;
  readonly idColumn?: number;
}

/** How many of the schema's features the columns hold; tells a right delimiter from a wrong one. */
export function countFeatureColumns(columns: string[], schema: Schema): number {
  const features = columns.map((column) => matchFeature(column, schema)?.feature);
  return new Set(features.filter((feature) => feature !== undefined)).size;
}

/**
 * Finds every feature of the schema among a file's column names.
 * @throws SchemaError `no-header` when the first row looks like data, `duplicate-column` when two columns mean one
 *   feature (both named), `missing-column` for each feature without a column.
 */
export function matchHeader(columns: string[], schema: Schema): HeaderMatch {
  if (looksLikeData(columns, schema)) throw new SchemaError([noHeader(schema)]);
  const featureColumns = new Int32Array(schema.features.length).fill(-1);
  const matchedBy: ('name' | 'alias')[] = [];
  const errors: FieldError[] = [];
  columns.forEach((column, index) => {
    const match = matchFeature(column, schema);
    if (match === undefined) return;
    const earlier = featureColumns[match.feature];
    if (earlier >= 0) errors.push(duplicateColumn(schema.features[match.feature].name, columns[earlier], column));
    else {
      featureColumns[match.feature] = index;
      matchedBy[match.feature] = match.matchedBy;
    }
  });
  errors.push(...missingColumns(featureColumns, schema));
  if (errors.length > 0) throw new SchemaError(errors);
  return {
    columns,
    featureColumns,
    matchedBy,
    labelColumn: findColumn(columns, schema.labelColumns),
    idColumn: findColumn(columns, schema.idColumns),
  };
}

/** No feature is recognised and at least half the cells are numbers or missing tokens. */
function looksLikeData(columns: string[], schema: Schema): boolean {
  if (countFeatureColumns(columns, schema) > 0) return false;
  const isValue = (cell: string) => schema.missingTokens.includes(cell) || Number.isFinite(Number(cell));
  return columns.filter((column) => isValue(column.trim())).length * 2 >= columns.length;
}

function noHeader(schema: Schema): FieldError {
  const expected = schema.features.map(({ name }) => name).join(', ');
  return {
    code: 'no-header',
    detail: `the first row looks like data; the file needs a header row that names the columns: ${expected}`,
  };
}

function duplicateColumn(feature: string, first: string, second: string): FieldError {
  const detail = `columns ${quote(first)} and ${quote(second)} both mean ${feature}`;
  return { field: feature, column: second, code: 'duplicate-column', detail };
}

function missingColumns(featureColumns: Int32Array, schema: Schema): FieldError[] {
  return schema.features
    .filter((_, feature) => featureColumns[feature] < 0)
    .map(({ name, aliases }) => ({
      field: name,
      code: 'missing-column',
      detail: `no column for ${name} (also known as ${aliases.join(', ')})`,
    }));
}

function findColumn(columns: string[], normalizedNames: readonly string[]): number | undefined {
  const index = columns.findIndex((column) => normalizedNames.includes(normalizeName(column)));
  return index < 0 ? undefined : index;
}
