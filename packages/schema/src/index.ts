import { createSchema } from './custom-schema';
import type { Schema } from './schema';
import { wbc } from './wbc';
import { wdbc } from './wdbc';

export { type FieldError, SchemaError } from './errors';
export { describeList, parseRecord } from './parse-record';
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
export { isNamedAs, normalizeName, matchFeature, suggestFeature } from './column-names';
export { plainText } from './plain-text';
export { describeCellCount, listCells, parseRow, type RowResult } from './parse-row';
export { isMissing, isNoIdentifier, parseCell } from './value';
export {
  type ClassNames,
  type Feature,
  featureAt,
  hasGrades,
  type Label,
  hasDefaultLabels,
  probabilityName,
  type Schema,
} from './schema';
export { createSchema, MAX_FEATURES } from './custom-schema';
export type { SchemaDefinition } from './schema-definition';
export { wbc, wdbc };

/** The shipped schemas by id. */
export const schemas = { wbc, wdbc } as const satisfies Record<string, Schema>;
export type ShippedSchemaId = keyof typeof schemas;
export const shippedSchemaIds = Object.keys(schemas) as readonly ShippedSchemaId[];

/** A shipped schema; undefined where none has this id. */
export function findSchema(id: string): Schema | undefined {
  return Object.values<Schema>(schemas).find((schema) => schema.id === id);
}

/**
 * The schema of a stored model or training, which has the id of a shipped schema or the definition of another one.
 * @throws SchemaError, RangeError for an id that no schema has
 */
export function schemaOf(stored: string | object): Schema {
  if (typeof stored === 'object') return createSchema(stored);
  const shipped = findSchema(stored);
  if (shipped === undefined) throw new RangeError(`there is no schema ${stored}`);
  return shipped;
}
