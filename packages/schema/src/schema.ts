/** One measurement of a record. Column names and aliases are compared after `foldName`. */
export interface Feature {
  /** Canonical name, already folded. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Appearance of the lowest value under the microscope. */
  readonly low: string;
  /** Appearance of the highest value under the microscope. */
  readonly high: string;
  /** Other folded names that labs and the well-known copies of the data use for this column. */
  readonly aliases: readonly string[];
  /** Smallest and largest accepted value, both inclusive. */
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  /** The quantity that this feature is a statistic of, in schemas with several statistics per quantity. */
  readonly quantity?: string;
}

/** Columns, value ranges and labels that one family of models expects of a file or a record. Label 0 is benign, 1 malignant. */
export interface Schema {
  readonly id: SchemaId;
  readonly title: string;
  readonly features: readonly Feature[];
  readonly labels: readonly ['benign', 'malignant'];
  /** Folded names of the column that holds the known class, which never becomes a feature. */
  readonly labelColumns: readonly string[];
  /** Lower-case cell texts that mean benign and malignant, in training files only. */
  readonly labelTokens: readonly [benign: readonly string[], malignant: readonly string[]];
  /** Folded names of the column that identifies the patient or slide, which never becomes a feature. */
  readonly idColumns: readonly string[];
  /** Cell texts, compared exactly after trimming, that mean "not measured". */
  readonly missingTokens: readonly string[];
  /** A record with more unmeasured features than this is rejected. */
  readonly maxMissing: number;
}

/** @throws RangeError for an index that the schema does not have */
export function featureAt({ id, features }: Schema, index: number): Feature {
  const feature = features[index];
  if (feature === undefined) throw new RangeError(`schema ${id} has no feature ${index}`);
  return feature;
}

export type SchemaId = 'wbc' | 'wdbc';

export type Label = 0 | 1;

/** Settings common to all Wisconsin schemas. */
export const wisconsinDefaults = {
  labels: ['benign', 'malignant'],
  labelColumns: ['class', 'diagnosis', 'label', 'target'],
  idColumns: ['sample_code_number', 'id', 'patient_id', 'record_id', 'case_id', 'sample_id', 'patient'],
  missingTokens: ['', '?', 'NA', 'NaN'],
  maxMissing: 4,
} as const satisfies Partial<Schema>;
