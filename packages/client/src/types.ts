/** JSON types of the API as in `/openapi.json`; `services/api` checks them against its schemas. */

import type { FileWarning, ImportReport } from './import-types';
import type { ClassName, ModelPin, OperatingPoint, ProbabilityFields } from './model-types';

export type * from './import-types';
export type * from './model-types';
export type * from './training-types';

/** By canonical name; null = not measured. */
export type FeatureValues = Record<string, number | null>;
/** Features of a request, by name or alias; null or "?" = not measured. */
export type FeatureInput = Record<string, number | string | null>;

export interface PredictionBody {
  features: FeatureInput;
  /** The sender's reference. */
  sample_id?: string;
  /** `name` (its champion) or `name@version`. */
  model?: string;
  operating_point?: OperatingPoint;
  missing?: 'partial' | 'reject';
}

export type PredictionStatus = 'queued' | 'processing' | 'succeeded' | 'failed' | 'canceled';

export interface AcceptedPrediction {
  id: string;
  /** `queued`; for a repeated request the record's current state. */
  status: PredictionStatus;
  created_at: string;
  links: { self: string };
}

export interface Prediction {
  id: string;
  status: PredictionStatus;
  created_at: string;
  completed_at?: string;
  sample_id?: string;
  model: ModelPin;
  features: FeatureValues;
  /** Position in the queue, 1 = next; null when unknown. */
  queue_position?: number | null;
  result?: PredictionResult;
  error?: { code: string; detail: string };
  links: { self: string };
}

export interface Neighbor {
  /** 1-based data row of the training file. */
  training_row: number;
  class: ClassName;
  distance: number;
  features: FeatureValues;
}

export interface PredictionResult extends ProbabilityFields {
  predicted_class: ClassName;
  operating_point: { name: OperatingPoint; threshold: number };
  outcome: 'confident' | 'indeterminate';
  reasons: string[];
  missing_features: string[];
  neighbors: Neighbor[];
  evidence: Evidence;
}

export interface Evidence {
  conformal: { level: number; p_values: Record<ClassName, number>; set: ClassName[] } | null;
  /** `base` plus the values is the probability. */
  shapley: { base: number; values: Record<string, number> };
  missing: {
    method: 'exact' | 'plausible';
    features: string[];
    combinations: number;
    can_flip: boolean;
    probability_min: number;
    probability_max: number;
  } | null;
  /** The smallest change that changes the class; null if there is none, or none is searched (`ModelVersion.flip_searched`). */
  flip: {
    changes: { feature: string; from: number; to: number }[];
    total_change: number;
    predicted_class: ClassName;
    probability_malignant?: number;
    probability_positive?: number;
  } | null;
  /** Why the record is unusual; null when it is not; absent for models before version 1.1.0. */
  unusual?: {
    compared_with: ClassName;
    distance_over_limit: number;
    /** The magnification that explains the sizes, relative to the training data. */
    magnification: number | null;
    outside_training_range: { feature: string; value: number; lowest: number; highest: number }[];
    unexpected: { feature: string; value: number; expected: number; deviations: number }[];
  } | null;
  /** Parts that were approximated, because the model has many training rows or features; absent for none. */
  approximated?: ('shapley' | 'missing')[];
}

export type BatchStatus =
  | 'queued'
  | 'processing'
  | 'finalizing'
  | 'succeeded'
  | 'completed_with_errors'
  | 'failed'
  | 'canceling'
  | 'canceled';

export interface Drift {
  /** Population stability index by feature; above 0.25 the population differs. */
  psi: Record<string, number>;
  notes: { code: string; features: string[]; text: string }[];
}

export interface FileDrift {
  verdict: 'like_training' | 'differs' | 'unlike_training' | 'too_few_rows';
  /** The columns that differ, the most different first; effect sizes in standard deviations of the training data. */
  columns: { column: string; cause?: string; effect_size: number }[];
  psi?: Drift['psi'];
  notes?: Drift['notes'];
}

/** Numbers of rows by known and predicted class; malignant is the positive class. */
export interface ConfusionMatrix {
  true_positive: number;
  false_negative: number;
  true_negative: number;
  false_positive: number;
}

export interface Agreement extends ConfusionMatrix {
  /** Name of the class column. */
  column: string;
  /** Counts the confident answers among them. */
  confident: ConfusionMatrix;
}

export interface Batch {
  id: string;
  status: BatchStatus;
  created_at: string;
  completed_at?: string;
  filename: string | null;
  model: ModelPin;
  /** Numbers of rows; `total` is the sum of the other counts. */
  counts: { total: number; pending: number; succeeded: number; rejected: number; failed: number };
  summary: {
    /** The same counts, for models of benign and malignant records. */
    benign?: number;
    malignant?: number;
    indeterminate: number;
    missing_features: number;
    /** Without undecided rows; absent for batches of earlier releases. */
    confident_benign?: number;
    confident_malignant?: number;
    /** Scored rows by the model's labels. */
    classes: Record<string, number>;
    /** Confident rows by label. With `indeterminate` they add up to the scored rows. */
    confident?: Record<string, number>;
    /**
     * Scored rows by tenths of the positive class's probability, ten numbers. Absent for unfinished batches, and if an
     * earlier release has scored a part of the batch.
     */
    probability_histogram?: number[];
    drift?: Drift;
  };
  /** Absent for batches whose description is damaged. */
  operating_point?: OperatingPoint;
  /** Absent for unfinished batches and for batches of earlier releases. */
  drift?: FileDrift;
  /** For finished batches whose file has a column with the model's classes. */
  agreement?: Agreement;
  /** 0 to 1; 1 only at the end. */
  progress: number;
  eta_seconds: number | null;
  input_sha256: string;
  /** Absent for batches of earlier releases. */
  import?: ImportReport;
  warnings?: FileWarning[];
  warnings_total?: number;
  /** `object-damaged`: a stored document of the batch is damaged and the other members are incomplete. `object-unreadable` (in lists): it cannot be read at present. */
  error?: { code: string; detail: string };
  rescores?: { batch_id: string; model: ModelPin; operating_point: string; changed_rows: number | null };
  links: { self: string; results: string; errors: string; changes?: string };
}

/** One row of a finished batch; it has a result, or an error. */
export interface BatchRow {
  row: number;
  /** Physical line of the uploaded file; null where it is not known. */
  line: number | null;
  /** null for a file without identifier column. */
  sample_id: string | null;
  features: FeatureValues;
  result?: Pick<
    PredictionResult,
    'predicted_class' | keyof ProbabilityFields | 'outcome' | 'reasons' | 'missing_features'
  >;
  error?: { status: 'rejected' | 'failed'; code: string; detail: string };
}

/** A scored row with its evidence. Without the two, a worker is still computing them. */
export interface ExplainedBatchRow extends BatchRow, Partial<Pick<PredictionResult, 'neighbors' | 'evidence'>> {}

/** The record or row that a review is about. */
export type ReviewedItem = { prediction_id: string } | { batch_id: string; row: number };

export interface ReviewBody {
  /** A label of the model, `repeat` or `other`. */
  decision: string;
  /** At most 2,000 characters. */
  note?: string;
}

export interface Review extends ReviewBody {
  id: string;
  created_at: string;
  /** The reader's key. */
  key_id: string;
}

/** In lists: a stored review that is damaged or cannot be read. */
export interface DamagedReview {
  id: string;
  created_at: string;
  error: { code: 'object-damaged' | 'object-unreadable'; detail: string };
}

/** A scored record, or a scored row of a batch, without a review. */
export interface WorklistItem {
  id: string;
  prediction_id?: string;
  batch_id?: string;
  row?: number;
  /** Name of the batch’s file, of a row. */
  filename?: string | null;
  sample_id: string | null;
  outcome: 'confident' | 'indeterminate';
  reasons: string[];
  /** Probability of malignancy. */
  probability: number;
  created_at: string;
}

export interface Preflight {
  filename: string | null;
  model: ModelPin;
  /** Whether an upload of the file would be accepted. */
  accepted: boolean;
  problems: { code: string; detail: string }[];
  /** null, as `bytes`, `import`, `dialect` and `rows`: the file was refused before it was read to its end. */
  input_sha256: string | null;
  bytes: number | null;
  import: ImportReport | null;
  warnings: FileWarning[];
  warnings_total: number;
  dialect: { delimiter: string; line_end: string; bom: boolean } | null;
  columns: {
    column: string;
    used_as: 'feature' | 'label' | 'id' | 'carried';
    feature?: string;
    matched_by?: string;
    suggestion?: string;
  }[];
  rows: { total: number; valid: number; rejected: number; with_missing_features: number; repeated: number } | null;
  rejected_by_code: Record<string, number>;
  errors: { row: number; line: number | null; code: string; detail: string }[];
  faults: { code: string; detail: string; rows: number; first_row: number; first_line: number | null }[];
  missing_by_feature: Record<string, number>;
  drift: FileDrift;
  eta_seconds: number | null;
}

export interface ConfirmationBody {
  prediction_id?: string;
  /** With either a row or a sample id. */
  batch_id?: string;
  row?: number;
  sample_id?: string;
  confirmed_class: ClassName;
  /** A day, 2026-11-02; by default today. */
  confirmed_at?: string;
}

/** A confirmed diagnosis. It names a prediction, or a batch and a row. */
export interface Confirmation extends ProbabilityFields {
  id: string;
  created_at: string;
  prediction_id?: string;
  batch_id?: string;
  row?: number;
  predicted_at: string;
  /** `name@version` */
  model: string;
  operating_point: OperatingPoint;
  predicted_class: ClassName;
  outcome: 'confident' | 'indeterminate';
  confirmed_class: ClassName;
  confirmed_at: string;
  links: { self: string };
}

/** The outcome of a file of confirmations, with the first hundred errors. */
export interface ConfirmationReport {
  accepted: number;
  rejected: number;
  errors: { row: number; code: string; detail: string }[];
}

/** With its 95 % interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

export interface PerformanceEntry {
  model: string;
  operating_point: OperatingPoint;
  outcome: 'all' | 'confident' | 'indeterminate';
  predicted: number;
  confirmed: number;
  true_positive: number;
  false_negative: number;
  true_negative: number;
  false_positive: number;
  /** null: nothing of it was confirmed. */
  sensitivity: Estimate | null;
  specificity: Estimate | null;
  brier: Estimate | null;
  calibration: {
    from: number;
    to: number;
    count: number;
    mean_probability: number | null;
    observed: Estimate | null;
  }[];
}

/** Figures of confirmed predictions only. */
export interface Performance {
  /** null: nothing was confirmed yet. */
  updated_at: string | null;
  data: PerformanceEntry[];
  /** Limits of the figures, such as verification bias. */
  notes: { code: string; text: string }[];
}

/** How the values of each week compare with the training data of the model that scored them; the last 90 days. */
export interface DriftReport {
  data: {
    /** ISO 8601: 2026-W47. */
    week: string;
    model: string;
    records: number;
    verdict: FileDrift['verdict'];
    columns: FileDrift['columns'];
  }[];
  /** By model version and feature; null for values that were not measured. Bins with fewer than 20 records are left out. */
  histograms: Record<string, Record<string, { from: number | null; to: number | null; count: number }[]>>;
}

export interface Page<T> {
  data: T[];
  has_more: boolean;
  last_id: string | null;
}

/** An error in the sender's input and its position. */
export interface FieldError {
  field?: string;
  row?: number;
  line?: number;
  column?: string;
  code: string;
  detail: string;
  received?: unknown;
  /** With `several-sheets` and `sheet-not-found`: the sheets to choose from, at most a hundred. */
  sheets?: string[];
}

export interface Percentiles {
  p50: number;
  p99: number;
}

export interface QueueState {
  as_of: string;
  backlog_rows: number;
  backlog_jobs: number;
  oldest_job_age_seconds: number;
  workers_alive: number;
  /** Workers that have not stopped in order; one without heartbeat leaves the list after three minutes. */
  workers: { id: string; alive: boolean; slots: number; last_heartbeat_at: string }[];
  rows_per_second: number;
  /** There is a backlog and no row was finished for 15 seconds. */
  stalled: boolean;
  /** When the last row was finished; null when not stalled. */
  stalled_since: string | null;
  /** null: no worker is alive, or the queue is stalled. */
  drain_seconds: number | null;
  queues: {
    name: 'predictions' | 'shards' | 'finalize' | 'trainings';
    waiting: number;
    prioritized: number;
    delayed: number;
    active: number;
    failed: number;
    paused: boolean;
    backlog_rows: number;
    oldest_job_age_seconds: number;
  }[];
  latency: { prediction_wait_ms: Percentiles | null; prediction_total_ms: Percentiles | null };
  /** Counts of the last hour. */
  failures: { shards_failed: number; jobs_retried: number };
  /** The complete minutes of the last hour, oldest first; the backlog is null while no API process ran. */
  history: { at: string; rows_per_second: number; backlog_rows: number | null }[];
}
