import type { Schema } from './schema';
import { wbc } from './wbc';
import { wdbc } from './wdbc';

export { type FieldError, SchemaError } from './errors';
export { parseRecord } from './parse-record';
export { countFeatureColumns, type HeaderMatch, matchHeader } from './header';
export { parseLabel } from './label';
export {
  checkFolds,
  checkSamples,
  groupById,
  type LabelledSample,
  readLabelledRow,
  rowsLeftPerClass,
  type TrainingDataIssue,
} from './labelled-rows';
export { normalizeName, matchFeature } from './column-names';
export { plainText } from './plain-text';
export { describeCellCount, listCells, parseRow, type RowResult } from './parse-row';
export { isMissing, parseCell } from './value';
export {
  type ClassNames,
  type Feature,
  featureAt,
  hasGrades,
  type Label,
  probabilityName,
  type Schema,
} from './schema';
export { createSchema, MAX_FEATURES } from './custom-schema';
export type { SchemaDefinition } from './schema-definition';
export { wbc, wdbc };

/** The shipped schemas by id. */
export const schemas: Readonly<Record<'wbc' | 'wdbc', Schema>> = { wbc, wdbc };
