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
export { type Feature, featureAt, type Label, type Schema, type SchemaId } from './schema';
export { wbc, wdbc };

export const schemas: Record<Schema['id'], Schema> = { wbc, wdbc };
