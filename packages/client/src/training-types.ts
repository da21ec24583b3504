/** JSON types of trainings, as in `/openapi.json`. */

import type { ClassName } from './model-types';

export type TrainingStatus = 'queued' | 'processing' | 'succeeded' | 'failed' | 'canceled';

/** The training of a version of an own model. */
export interface Training {
  id: string;
  status: TrainingStatus;
  created_at: string;
  completed_at: string | null;
  /** Name of the model, without `own/`. */
  name: string;
  filename: string | null;
  /** `wbc`, `wdbc` or, for own features, `custom-` and 16 hex digits. */
  schema: string;
  /** Name of the class column. */
  label: string;
  /** Name of the column that identifies the patient. */
  group: string | null;
  seed: number;
  data: {
    rows: number;
    /** Rows without a missing value; only these are trained on. */
    complete_rows: number;
    features: number;
    /** Complete rows by class. */
    classes: Record<ClassName, number>;
    input_sha256: string;
  };
  /** Share of the folds that are done; 1 only in a final state. */
  progress: number;
  eta_seconds: number | null;
  /** `own/NAME@VERSION` once the version is stored. */
  model: string | null;
  evaluation: TrainingEvaluation | null;
  error: { code: string; detail: string } | null;
  links: { self: string; events: string; model: string | null };
}

/** Figures of the cross-validation. */
export interface TrainingEvaluation {
  folds: number;
  repetitions: number;
  /** Share of the records that are answered `confident`. */
  coverage: number;
  cv: Record<string, number>;
  /** 95 % confidence intervals. */
  cv_intervals: Record<string, [number, number]>;
}
