import type { ModelPin } from './documents';

/** `tenants/{tenant}/trainings/{id}/training.json`: an accepted training. */
export interface TrainingDocument {
  id: string;
  created_at: string;
  /** The model's name without `own/`. */
  name: string;
  filename: string | null;
  /** `wbc`, `wdbc`, or the definition of a custom schema. */
  schema: string | object;
  label: string;
  /** The column that identifies the patient. */
  group: string | null;
  seed: number;
  input: { bytes: number; sha256: string };
  /** Data rows of the file. */
  rows: number;
  /** Rows without missing features, on which the model is trained. */
  complete_rows: number;
  features: number;
  /** Complete rows by class, the negative one first. */
  classes: [number, number];
  /** Hex SHA-256 of the object with the labelled rows. */
  rows_sha256: string;
  folds: number;
  repetitions: number;
}

/** `…/folds/00001.json`: answers to the rows of one fold, in ascending order of rows. */
export interface TrainingFold {
  /** Probabilities of the positive class. */
  probabilities: number[];
  /** 1 = confident, 0 = indeterminate. */
  confident: number[];
}

/** `…/version.json`: the version number that a training's model has or gets. */
export interface TrainingVersion {
  version: string;
}

export interface TrainingEvaluation {
  folds: number;
  repetitions: number;
  /** Share of the rows that were answered `confident`. */
  coverage: number;
  /** Means over the repetitions. */
  cv: Record<string, number>;
  /** 95 % confidence intervals for other patients. */
  cv_intervals: Record<string, [number, number]>;
}

/** `…/result.json`: the final state of a training. */
export interface TrainingResult {
  status: 'succeeded' | 'failed' | 'canceled';
  completed_at: string;
  model?: ModelPin;
  evaluation?: TrainingEvaluation;
  error?: { code: string; detail: string };
}
