import type {
  ConformalMetrics,
  Curves,
  DriftReport,
  Interval,
  EvaluationMetrics,
  NoveltyReport,
} from '@cytoqueue/training';
import type { MetricValues } from '@cytoqueue/classifier';

/**
 * `evaluation.json`: all results of the evaluation, without time, path or host. The card is generated from it alone.
 */
export interface TrainingReport {
  readonly format: 'cytoqueue-evaluation';
  readonly format_version: 1;
  readonly schema: string;
  readonly data: DataFacts;
  readonly protocol: Protocol;
  readonly models: Readonly<Record<string, ModelReport>>;
  readonly nested: readonly NestedReport[];
  /** All candidates that were compared. */
  readonly grid: readonly GridEntry[];
  /** The baseline with and without the id as a feature; null when ids are not numbers. */
  readonly id_leak: { readonly with_id: EvaluationMetrics; readonly without_id: EvaluationMetrics } | null;
}

export interface DataFacts {
  /** `sha256:` and the hex SHA-256 of the file. */
  readonly digest: string;
  readonly rows: number;
  readonly complete_rows: number;
  readonly benign: number;
  readonly malignant: number;
  /** Distinct ids; equals `complete_rows` without ids. */
  readonly ids: number;
  readonly distinct_vectors: number;
}

export interface Protocol {
  readonly folds: number;
  readonly repetitions: number;
  readonly seed: number;
  /** Largest k that was compared. */
  readonly most_neighbors: number;
  /** Last train row of the chronological evaluation; null when rows are not in chronological order. */
  readonly last_known_row: number | null;
}

export interface ModelReport {
  readonly version: string;
  readonly digest: string;
  readonly summary: string;
  readonly limits_of_use: readonly string[];
  readonly operating_points: Readonly<Record<'default' | 'sensitivity99', number>>;
  readonly cv: EvaluationMetrics;
  /** 95 % confidence intervals for other patients. */
  readonly cv_intervals: Readonly<Record<keyof EvaluationMetrics, Interval>>;
  /** Standard error of the means in `cv` due to the choice of folds. */
  readonly cv_monte_carlo_error: EvaluationMetrics;
  readonly cv_repetitions: readonly EvaluationMetrics[];
  readonly leave_one_out: MetricValues;
  readonly deduplicated: EvaluationMetrics;
  readonly chronological: EvaluationMetrics | null;
  readonly conformal: ConformalMetrics | null;
  readonly curves: Curves;
  /** For models of own data: whether they tell records and files unlike their training data, and if not, why. */
  readonly unlike_training?: { readonly fitted: boolean; readonly reason?: string };
  /** Results for versions that tell records and files unlike their training data. */
  readonly novelty?: NoveltyReport;
  readonly drift?: readonly DriftReport[];
}

export interface CandidateName {
  readonly metric: string;
  readonly scaling: string;
  readonly rule: string;
  readonly k: number;
}

export interface NestedReport {
  readonly family: string;
  readonly cv: EvaluationMetrics;
  /** Most frequent first. */
  readonly chosen: readonly (CandidateName & { readonly times: number })[];
}

/** Metrics are null when no calibration fits in some fold. */
export interface GridEntry extends CandidateName {
  readonly accuracy: number | null;
  readonly sensitivity: number | null;
  readonly auc: number | null;
  readonly brier: number | null;
  readonly log_loss: number | null;
}

/** @throws RangeError for a model that the report does not describe */
export function reportOf({ models }: Pick<TrainingReport, 'models'>, name: string): ModelReport {
  const report = models[name];
  if (report === undefined) throw new RangeError(`the report does not describe ${name}`);
  return report;
}
