/** A schema as model files of format version 3 hold it. */
export interface SchemaDefinition {
  readonly title: string;
  readonly features: readonly FeatureDefinition[];
  readonly labels: readonly [negative: string, positive: string];
  /** The second label: the class that the probability is about. */
  readonly positive: string;
  /** Cell texts that mean each label in the class column, such as `[["0"], ["1"]]`; the labels themselves always do. */
  readonly label_values?: readonly [negative: readonly string[], positive: readonly string[]];
  /** Columns that hold the known class, and the identifier of the patient; beside the usual names. */
  readonly label_columns?: readonly string[];
  readonly id_columns?: readonly string[];
  /** Cell texts that mean "not measured", beside the usual ones. */
  readonly missing?: readonly string[];
  /** A record with more unmeasured features is rejected; by default with more than half of them. */
  readonly max_missing?: number;
}

export interface FeatureDefinition {
  /** Lower-case letters, digits and single `_`. */
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly type: 'integer' | 'real';
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
  readonly aliases?: readonly string[];
  /** Appearance of the lowest and of the highest value. */
  readonly low?: string;
  readonly high?: string;
}
