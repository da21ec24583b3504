import type { Schema } from './schema';
import { wbc } from './wbc';
import { wdbc } from './wdbc';

export { type FieldError, SchemaError, type UnmatchedColumn } from './errors';
export { type ParsedRecord, parseRecord } from './parse-record';
export { type ColumnMapping, countFeatureColumns, type HeaderMatch, matchHeader } from './header';
export { parseLabel } from './label';
export { type FeatureMatch, normalizeName, matchFeature, suggestFeature } from './column-names';
export { plainText } from './plain-text';
export { describeCellCount, listCells, parseRow, type RowResult } from './parse-row';
export { isMissing, parseCell } from './value';
export {
  type ClassNames,
  type Feature,
  featureAt,
  hasGrades,
  type Label,
  type ProbabilityName,
  probabilityName,
  type Schema,
} from './schema';
export { createSchema, MAX_FEATURES } from './custom-schema';
export type { SchemaDefinition } from './schema-definition';
export { wbc, wdbc };

/** The shipped schemas by id. */
export const schemas: Readonly<Record<'wbc' | 'wdbc', Schema>> = { wbc, wdbc };
