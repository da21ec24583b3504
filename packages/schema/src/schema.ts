/** One measurement of a record. Column names and aliases are compared after `foldName`. */
export interface Feature {
  /** Canonical name, already folded. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** What the lowest value looks like under the microscope. */
  readonly low: string;
  /** What the highest value looks like. */
  readonly high: string;
  /** Other folded names under which labs and the well-known copies of the data have this column. */
  readonly aliases: readonly string[];
  /** Smallest and largest accepted value, both inclusive. */
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  /** What the feature is a statistic of, where a schema has several statistics of each quantity. */
  readonly quantity?: string;
}

/** What a file or a record must look like for one family of models. Label 0 is benign, 1 malignant. */
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

export type SchemaId = 'wbc' | 'wdbc';

export type Label = 0 | 1;

/** What every Wisconsin file has in common. */
export const wisconsinDefaults = {
  labels: ['benign', 'malignant'],
  labelColumns: ['class', 'diagnosis', 'label', 'target'],
  idColumns: ['sample_code_number', 'id', 'patient_id', 'record_id', 'case_id', 'sample_id', 'patient'],
  missingTokens: ['', '?', 'NA', 'NaN'],
  maxMissing: 4,
} as const satisfies Partial<Schema>;
