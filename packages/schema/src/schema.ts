import type { SchemaDefinition } from './schema-definition';

/** One measurement of a record. Column names are compared with the name and the aliases by `matchFeature`. */
export interface Feature {
  /** Canonical name, as `normalizeName` writes it. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Appearance of the lowest value under the microscope. */
  readonly low: string;
  /** Appearance of the highest value under the microscope. */
  readonly high: string;
  /** Other normalized names that labs and the well-known copies of the data use for this column. */
  readonly aliases: readonly string[];
  /** Smallest and largest accepted value, both inclusive. */
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  /** Unit of the values, such as µm; absent for grades, for pure numbers and where none was given. */
  readonly unit?: string;
  /** The quantity that this feature is a statistic of, in schemas with several statistics per quantity. */
  readonly quantity?: string;
}

/**
 * Columns, value ranges and labels that one family of models expects of a file or a record. Label 1 is the positive
 * class.
 */
export interface Schema {
  /** `wbc`, `wdbc`, or for a custom schema a digest of its columns: models with the same id read the same records. */
  readonly id: string;
  readonly title: string;
  readonly features: readonly Feature[];
  /** Names of label 0 (negative) and label 1 (positive). */
  readonly labels: ClassNames;
  /**
   * Normalized names of the column that holds the known class, in training files and uploads; it never becomes a
   * feature.
   */
  readonly labelColumns: readonly string[];
  /** Lower-case cell texts that mean label 0 and label 1, in the class column of a file. */
  readonly labelTokens: readonly [negative: readonly string[], positive: readonly string[]];
  /** Normalized names of the column that identifies the patient or slide, which never becomes a feature. */
  readonly idColumns: readonly string[];
  /** Cell texts, compared exactly after trimming, that mean "not measured". */
  readonly missingTokens: readonly string[];
  /** A record with more unmeasured features than this is rejected. */
  readonly maxMissing: number;
  /** Present for custom schemas: the definition that model files hold. */
  readonly definition?: SchemaDefinition;
}

/** @throws RangeError for an index that the schema does not have */
export function featureAt({ id, features }: Schema, index: number): Feature {
  const feature = features[index];
  if (feature === undefined) throw new RangeError(`schema ${id} has no feature ${index}`);
  return feature;
}

export type Label = 0 | 1;

export type ClassNames = readonly [negative: string, positive: string];

/** Missing features are counted in 32 bits where rows are read as bytes. */
const MAX_GRADED_FEATURES = 32;
const HIGHEST_GRADE = 10;

/**
 * Whether all features are grades from 1 to at most 10 on one scale, which are read, counted and compared as small
 * integers.
 */
export function hasGrades({ features }: Pick<Schema, 'features'>): boolean {
  const max = features[0]?.max ?? 0;
  return (
    max <= HIGHEST_GRADE &&
    features.length <= MAX_GRADED_FEATURES &&
    features.every((feature) => feature.integer && feature.min === 1 && feature.max === max)
  );
}

export type ProbabilityName = 'probability_malignant' | 'probability_positive';

/** Whether the classes are `benign` and `malignant`. */
export function hasDefaultLabels({ labels }: Pick<Schema, 'labels'>): boolean {
  return labels[0] === 'benign' && labels[1] === 'malignant';
}

/** Name of the probability of the positive class in results: the class itself where it is malignant. */
export function probabilityName(schema: Pick<Schema, 'labels'>): ProbabilityName {
  return hasDefaultLabels(schema) ? 'probability_malignant' : 'probability_positive';
}

/** Settings common to all Wisconsin schemas. */
export const wisconsinDefaults = {
  labels: ['benign', 'malignant'],
  labelColumns: ['class', 'diagnosis', 'label', 'target'],
  idColumns: ['sample_code_number', 'id', 'patient_id', 'record_id', 'case_id', 'sample_id', 'patient'],
  missingTokens: ['', '?', 'NA', 'NaN'],
  maxMissing: 4,
} as const satisfies Partial<Schema>;
