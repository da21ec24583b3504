/** Why a record is unusual. Returned as JSON without changes; features have their canonical names. */
export interface UnusualEvidence {
  /**
   * The class whose training rows the record was compared with: the one that it fits best among those left open by its
   * probability.
   */
  readonly compared_with: string;
  /** Above 1 the record is farther from that class than nearly all of its training rows. */
  readonly distance_over_limit: number;
  /** The magnification that explains the sizes, relative to the training data; null where the sizes are as expected. */
  readonly magnification: number | null;
  readonly outside_training_range: readonly OutsideRange[];
  /** Values that do not fit the record's other values, the most deviating first. */
  readonly unexpected: readonly UnexpectedFeature[];
}

export interface OutsideRange {
  readonly feature: string;
  readonly value: number;
  readonly lowest: number;
  readonly highest: number;
}

export interface UnexpectedFeature {
  readonly feature: string;
  readonly value: number;
  /** The value that the record's other values predict. */
  readonly expected: number;
  /** Difference from the expected value in conditional standard deviations; negative below it. */
  readonly deviations: number;
}
