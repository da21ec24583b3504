/** JSON types of models, as in `/openapi.json`. */

/** A class of a model: `benign` and `malignant` for the shipped ones. */
export type ClassName = string;

export type OperatingPoint = 'default' | 'sensitivity99';

export interface ModelPin {
  name: string;
  version: string;
  /** `sha256:` and 64 hex digits. */
  digest: string;
}

/** The probability of the positive class, under the name that the classes of its model give it; see `probabilityOf`. */
export interface ProbabilityFields {
  /** Given by models of benign and malignant records. */
  probability_malignant?: number;
  /** Given by models with other classes, with the class that it is about. */
  probability_positive?: number;
  positive_class?: ClassName;
}

export interface Feature {
  name: string;
  title: string;
  description: string;
  low: string;
  high: string;
  aliases: string[];
  min: number;
  max: number | null;
  integer: boolean;
  unit?: string;
  /** In schemas with several statistics of each quantity: the quantity. */
  quantity?: string;
}

export interface ModelSummary {
  name: string;
  /** null: no version has been promoted. */
  champion: string | null;
  versions: string[];
  history: { version: string; promoted_at: string; promoted_by: string }[];
  /** The newest shipped version if the champion is older, otherwise null. */
  newer_version: string | null;
  links: { self: string };
}

/** The figure of the version itself, that of the other one, and their difference with its paired 95 % interval. */
export interface ComparedFigure {
  value: number;
  other: number;
  difference: { value: number; low: number; high: number };
}

/** Two versions on the same records and folds. */
export interface ModelComparison {
  /** The other version, `name@version`. */
  model: string;
  digest: string;
  /** The version whose training records both were asked for. */
  records_of: string;
  records: number;
  folds: number;
  repetitions: number;
  sensitivity: ComparedFigure;
  specificity: ComparedFigure;
  auc: ComparedFigure;
  brier: ComparedFigure;
  /** Share of the records that are answered `confident`. */
  coverage: ComparedFigure;
}

export interface PromotionOptions {
  /** Promote the version although its comparison says that it finds fewer malignant records than the champion. */
  accept_lower_sensitivity?: boolean;
  /** Promote the version although it was not compared with the champion. */
  accept_unknown?: boolean;
}

/** A version that scores batches beside the champion; its answers are only counted. */
export interface Shadow {
  version: string;
  since: string;
  /** Rows that it put into the same class as the present champion, and rows that it did not. */
  agreed: number;
  disagreed: number;
}

export interface ModelVersion extends ModelPin {
  schema: string;
  schema_title: string;
  features: Feature[];
  labels: string[];
  k: number;
  metric: string;
  rule: string;
  operating_points: Record<string, number>;
  training: { rows: number; data_digest: string };
  /** Whether evidence has a search for `flip`: not for decimals, nor for too many grades or training rows. */
  flip_searched: boolean;
  evaluation: Record<string, unknown>;
  comparisons: ModelComparison[];
  limits_of_use: string[];
  links: { self: string };
}

export interface ModelEvaluation {
  /** Means of the cross-validation and their 95 % confidence intervals. */
  cv: Record<string, number>;
  cv_intervals: Record<string, [number, number]>;
  /** How often the cross-validation tested each row. */
  repetitions: number;
  /** Per tenth of the probability scale; rows over all repetitions. */
  reliability: { mean_probability: number; malignant_share: number; rows: number }[];
}
