import type { ApiRequest, CallOptions } from './transport';
import type { ClassName, OperatingPoint } from './types';
import type { UploadProgress } from './upload';

export interface PredictOptions extends CallOptions {
  /** Time to wait for the result; the service's MAX_WAIT_SECONDS (default 25) limits it. By default the call returns the accepted prediction at once. */
  waitSeconds?: number;
  /** Random by default. Repeated requests with one key create one prediction. */
  idempotencyKey?: string;
}

export interface BatchSettings {
  model?: string;
  operatingPoint?: OperatingPoint;
  onError?: 'continue' | 'abort';
  missing?: 'partial' | 'reject';
  formulas?: 'escape' | 'keep';
  explain?: boolean;
  /** Name of an import profile. */
  profile?: string;
  /** The sheet of a workbook. */
  sheet?: string;
  charset?: string;
  onWarning?: 'continue' | 'abort';
}

/** The query parameters of an upload. */
export function settingsQuery({
  model,
  operatingPoint,
  onError,
  missing,
  formulas,
  explain,
  profile,
  sheet,
  charset,
  onWarning,
}: BatchSettings): NonNullable<ApiRequest['query']> {
  return {
    model,
    operating_point: operatingPoint,
    on_error: onError,
    missing,
    formulas,
    explain,
    profile,
    sheet,
    charset,
    on_warning: onWarning,
  };
}

export interface UploadOptions extends CallOptions, BatchSettings {
  filename?: string;
  idempotencyKey?: string;
  onProgress?: (progress: UploadProgress) => void;
}

export interface TrainingOptions extends CallOptions {
  /** Name of the model: lower-case letters, digits and `-`, at most 64. */
  name: string;
  /** A schema's name, such as `wbc`, or a custom schema as an object or as JSON text. */
  schema: string | object;
  /** Name of the class column. */
  label: string;
  /** Name of the column that identifies the patient: rows of one patient stay together in the evaluation. */
  group?: string;
  /** Random seed: the same file and seed give the same model. */
  seed?: number;
  filename?: string;
  idempotencyKey?: string;
  onProgress?: (progress: UploadProgress) => void;
}

export interface ListOptions<Status extends string> extends CallOptions {
  limit?: number;
  /** The page starts after this id. */
  after?: string;
  status?: Status;
}

/** `model` is a name (all its versions) or `name@version`; times are RFC 3339. */
export interface PeriodOptions extends CallOptions {
  model?: string;
  from?: string;
  to?: string;
}

export interface RowListOptions extends Omit<ListOptions<never>, 'status'> {
  outcome?: 'confident' | 'indeterminate';
  predicted_class?: ClassName;
  reason?: 'grey_zone' | 'unusual_record';
}

export interface DownloadOptions extends CallOptions {
  /** Download the results so far of an unfinished batch. */
  partial?: boolean;
  /** A Range header, such as `bytes=0-99`; for CSV only. */
  range?: string;
  /** Default: `csv`. */
  format?: FileFormat;
}

/** The downloadable files of a batch. */
export type BatchFile = 'results' | 'errors' | 'changes';

export type FileFormat = keyof typeof MEDIA_TYPES;

export const MEDIA_TYPES = {
  csv: 'text/csv',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  jsonl: 'application/jsonl',
  parquet: 'application/vnd.apache.parquet',
};
