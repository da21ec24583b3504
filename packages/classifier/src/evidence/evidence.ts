import type { Label } from '@cytoqueue/schema';
import type { UnusualEvidence } from '../novelty/unusual-evidence';

/** Evidence for the result of one record. It is returned as JSON unchanged; features have their canonical names. */
export interface Evidence {
  /** Null for models without a calibrated score. */
  readonly conformal: ConformalEvidence | null;
  readonly shapley: ShapleyEvidence;
  /** Null when every feature was measured. */
  readonly missing: MissingEvidence | null;
  /**
   * Null when no change of one or two features flips the class, and where none is searched: for decimals, for scaled
   * grades, and for too many grades or training rows.
   */
  readonly flip: FlipEvidence | null;
  /** Null when the record is not unusual; absent from models without such a rule, which cannot say. */
  readonly unusual?: UnusualEvidence | null;
  /** Parts that were approximated to bound the time that they take; absent when everything is exact. */
  readonly approximated?: readonly ApproximatedPart[];
}

export type ApproximatedPart = 'shapley' | 'missing';

/** Conformal prediction set: the classes that the record is compatible with. Empty when it is unlike both. */
export interface ConformalEvidence {
  /** A class is in the set when its p-value is above 1 − level. */
  readonly level: number;
  readonly p_values: Readonly<Record<string, number>>;
  readonly set: readonly string[];
}

/**
 * Contribution of each feature to the probability of the positive class. The values sum to the probability minus
 * `base`.
 */
export interface ShapleyEvidence {
  /** Share of positive training rows: the probability when no feature is known. */
  readonly base: number;
  /** By feature, 0 if not measured; by quantity where the schema has several statistics of each quantity. */
  readonly values: Readonly<Record<string, number>>;
}

/** Range of results that the missing features could have led to. */
export interface MissingEvidence {
  /** `exact`: all values that the features allow. `plausible`: combinations that occur in the training rows. */
  readonly method: 'exact' | 'plausible';
  readonly features: readonly string[];
  readonly combinations: number;
  /** True when some combination gives the other class at the operating point. */
  readonly can_flip: boolean;
  readonly probability_min: number;
  readonly probability_max: number;
}

/** Smallest change that gives the other class: fewest features, then least total change, then schema order. */
export interface FlipEvidence {
  readonly changes: readonly FeatureChange[];
  readonly total_change: number;
  readonly predicted_class: string;
  /** Given by models of benign and malignant records; others have `probability_positive`. */
  readonly probability_malignant?: number;
  readonly probability_positive?: number;
}

export interface FeatureChange {
  readonly feature: string;
  readonly from: number;
  readonly to: number;
}

/** Computes evidence that needs many predictions of variants of one sample. One implementation per kind of feature. */
export interface RecordAnalysis {
  setSample(sample: Float64Array): void;
  /**
   * Shapley value of each player: its share of `probability` − `emptyValue`. A coalition's value is the probability
   * from its features alone. Players are measured features or groups of them.
   * @param emptyValue value of the empty coalition
   */
  shapleyValues(emptyValue: number, probability: number): { readonly values: Float64Array; readonly isExact: boolean };
  /** Names in the order of the values. */
  playerNames(): readonly string[];
  /** Names of all possible players, whether measured in this sample or not. */
  readonly allPlayerNames: readonly string[];
  /** Probability of the positive class if these missing features had these values. */
  probabilityWith(features: readonly number[], values: readonly number[]): number;
  findFlip(label: Label, threshold: number): FlipEvidence | null;
}
