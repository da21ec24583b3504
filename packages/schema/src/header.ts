import { type FieldError, quote, SchemaError, type UnmatchedColumn } from './errors';
import {
  isNamedAs,
  matchFeature,
  normalizeName,
  numberedColumns,
  suggestFeature,
  unnamedColumnNumber,
} from './column-names';
import { type Feature, type Schema, featureAt } from './schema';

/** Column of each feature in a file. Other columns are repeated in the results and never used as features. */
export interface HeaderMatch {
  /** The file's own column names, in its order. */
  readonly columns: string[];
  /** Feature index → column index. */
  readonly featureColumns: Int32Array;
  /** Feature index → column with the sender's own text of the value, which errors quote; absent where it is the same column. */
  readonly textColumns?: readonly number[];
  /** Feature index → how its column was recognised. */
  readonly matchedBy: ('name' | 'alias' | 'profile')[];
  readonly labelColumn?: number;
  readonly idColumn?: number;
}

/** Normalized column name → canonical feature name, `id` or `label`. */
export type ColumnMapping = ReadonlyMap<string, string>;

const NO_MAPPING: ColumnMapping = new Map();

/** How many of the schema's features the columns hold; tells a right delimiter from a wrong one. */
export function countFeatureColumns(columns: string[], schema: Schema): number {
  const features = columns.map((column) => matchFeature(column, schema)?.featureIndex);
  return new Set(features.filter((feature) => feature !== undefined)).size;
}

/**
 * Finds every feature of the schema among a file's column names; a mapping goes before the names that the schema knows.
 * @throws SchemaError `no-header` when the first row looks like data, `ambiguous-columns` for V1 … V10 and beyond,
 *   `duplicate-column` when two columns mean one feature (both named), `missing-column` for each feature without a
 *   column.
 */
export function matchHeader(columns: string[], schema: Schema, mapping: ColumnMapping = NO_MAPPING): HeaderMatch {
  if (mapping.size === 0 && looksLikeData(columns, schema)) throw new SchemaError([noHeader(schema)]);
  const mapped = new Set(mapping.values());
  const found = new Map<number, { column: string; index: number; matchedBy: HeaderMatch['matchedBy'][number] }>();
  const errors: FieldError[] = [];
  let usesNumbers = false;
  columns.forEach((column, index) => {
    const match = findFeature(column, schema, mapping, mapped);
    if (match === undefined) return;
    const earlier = found.get(match.featureIndex);
    if (earlier !== undefined)
      errors.push(duplicateColumn(featureAt(schema, match.featureIndex).name, earlier.column, column));
    else {
      found.set(match.featureIndex, { column, index, matchedBy: match.matchedBy });
      usesNumbers ||= match.matchedBy === 'alias' && unnamedColumnNumber(column) !== undefined;
    }
  });
  const features = [...schema.features.keys()];
  const missing = features.filter((feature) => !found.has(feature));
  const ambiguous = ambiguousNumbers(columns, usesNumbers || missing.length === schema.features.length, schema);
  if (ambiguous !== undefined) throw new SchemaError([ambiguous]);
  errors.push(...missing.map((feature) => missingColumn(featureAt(schema, feature))));
  const featureColumns = Int32Array.from(features, (feature) => found.get(feature)?.index ?? -1);
  if (errors.length > 0) throw new SchemaError(errors, unmatchedColumns(columns, schema, missing, featureColumns));
  return {
    columns,
    featureColumns,
    matchedBy: features.map((feature) => found.get(feature)?.matchedBy ?? 'name'),
    labelColumn: findColumn(columns, 'label', schema.labelColumns, featureColumns, mapping, mapped),
    idColumn: findColumn(columns, 'id', schema.idColumns, featureColumns, mapping, mapped),
  };
}

function findFeature(
  column: string,
  schema: Schema,
  mapping: ColumnMapping,
  mapped: ReadonlySet<string>,
): { featureIndex: number; matchedBy: 'name' | 'alias' | 'profile' } | undefined {
  const meaning = mapping.get(normalizeName(column));
  if (meaning !== undefined) {
    const featureIndex = schema.features.findIndex(({ name }) => name === meaning);
    return featureIndex < 0 ? undefined : { featureIndex, matchedBy: 'profile' };
  }
  const match = matchFeature(column, schema);
  return match !== undefined && mapped.has(featureAt(schema, match.featureIndex).name) ? undefined : match;
}

/** No feature is recognised and at least half the cells are numbers or missing tokens. */
function looksLikeData(columns: string[], schema: Schema): boolean {
  if (countFeatureColumns(columns, schema) > 0) return false;
  const isValue = (cell: string) => schema.missingTokens.includes(cell) || Number.isFinite(Number(cell));
  return columns.filter((column) => isValue(column.trim())).length * 2 >= columns.length;
}

/**
 * R numbers the columns of a file without a header, others from V0. Beyond one column per feature, one may be the
 * identifier, and each name could mean its neighbour.
 */
function ambiguousNumbers(columns: string[], usesNumbers: boolean, schema: Schema): FieldError | undefined {
  const numbers = columns.map(unnamedColumnNumber).filter((number) => number !== undefined);
  const generic = numbers.length === 0 && usesNumbers ? numberedColumns(columns) : undefined;
  if (generic !== undefined) return namelessColumns(...generic);
  const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
  const isAmbiguous = usesNumbers && numbers.length > 1 && (first < 1 || last > Math.min(9, schema.features.length));
  return isAmbiguous ? namelessColumns(`V${first}`, `V${last}`) : undefined;
}

function namelessColumns(first: string, last: string): FieldError {
  const detail = `the columns have no names (${first} … ${last}), so it is unclear which of them is the identifier; name them in the header, or map them in an import profile`;
  return { code: 'ambiguous-columns', detail };
}

function unmatchedColumns(
  columns: string[],
  schema: Schema,
  missing: readonly number[],
  featureColumns: Int32Array,
): UnmatchedColumn[] {
  const known = [...schema.idColumns, ...schema.labelColumns];
  return columns
    .filter((column, index) => column !== '' && !featureColumns.includes(index) && !isNamedAs(column, known))
    .map((column) => ({ column, suggestion: suggestFeature(column, schema, missing) }));
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

function missingColumn({ name, aliases }: Feature): FieldError {
  return { field: name, code: 'missing-column', detail: `no column for ${name} (also known as ${aliases.join(', ')})` };
}

function findColumn(
  columns: string[],
  meaning: 'id' | 'label',
  normalizedNames: readonly string[],
  featureColumns: Int32Array,
  mapping: ColumnMapping,
  mapped: ReadonlySet<string>,
): number | undefined {
  const index = columns.findIndex((column, at) => {
    const name = normalizeName(column);
    return mapped.has(meaning)
      ? mapping.get(name) === meaning
      : !mapping.has(name) && !featureColumns.includes(at) && isNamedAs(column, normalizedNames);
  });
  return index < 0 ? undefined : index;
}
