import type { Label } from '@cytoqueue/schema';
import type { UnusualEvidence } from '../novelty/unusual-evidence';

/** Why a model says what it says about one record; JSON as it stands, features by their canonical names. */
export interface Evidence {
  /** Null for models without a calibrated score. */
  readonly conformal: ConformalEvidence | null;
  readonly shapley: ShapleyEvidence;
  /** Null when everything was measured. */
  readonly missing: MissingEvidence | null;
  /** Null when no change of one or two features gives the other class, and for decimal features, which are not searched. */
  readonly flip: FlipEvidence | null;
  /** Null when the record is not unusual; absent from models of format version 1, which cannot say. */
  readonly unusual?: UnusualEvidence | null;
}

/** The classes that the record is not too odd for. An empty set: it is unlike both. */
export interface ConformalEvidence {
  /** A class is in the set when its p-value is above 1 − level. */
  readonly level: number;
  readonly p_values: Readonly<Record<ClassName, number>>;
  readonly set: readonly ClassName[];
}

/** What each feature adds to the probability of malignancy. The values add up to the probability minus `base`. */
export interface ShapleyEvidence {
  /** Share of malignant among the training rows: the probability before anything is known. */
  readonly base: number;
  /** By feature; 0 for one that was not measured. By quantity where a schema has several statistics of each. */
  readonly values: Readonly<Record<string, number>>;
}

/** What the answer could have been, had the missing features been measured. */
export interface MissingEvidence {
  /** `exact`: every value they can take. `plausible`: every combination of values that some training row has there. */
  readonly method: 'exact' | 'plausible';
  readonly features: readonly string[];
  readonly combinations: number;
  /** Some combination gives the other class at the operating point. */
  readonly can_flip: boolean;
  readonly probability_min: number;
  readonly probability_max: number;
}

/** The smallest change that gives the other class: fewest features, then least total change, then schema order. */
export interface FlipEvidence {
  readonly changes: readonly FeatureChange[];
  readonly total_change: number;
  readonly predicted_class: ClassName;
  readonly probability_malignant: number;
}

export interface FeatureChange {
  readonly feature: string;
  readonly from: number;
  readonly to: number;
}

export type ClassName = 'benign' | 'malignant';

export const classNames: Readonly<Record<Label, ClassName>> = { 0: 'benign', 1: 'malignant' };
