export type * from './access-types';
export { ApiError, ConnectionError, InvalidResponseError, mayHaveSucceeded } from './api-error';
export { CytoqueueClient, isBatchFinished, isFullPrediction, isPredictionFinished } from './cytoqueue-client';
export type {
  BatchFile,
  BatchSettings,
  DownloadOptions,
  FileFormat,
  ListOptions,
  PeriodOptions,
  PredictOptions,
  RowListOptions,
  TrainingOptions,
  UploadOptions,
} from './method-options';
export { positiveClassOf, probabilityOf } from './probability';
export { randomHex } from './random-hex';
export { versionPath } from './resource-paths';
export { isRetryable, type RetryPolicy } from './retry';
export { isTrainingFinished } from './training-methods';
export type { CallOptions, ClientOptions } from './transport';
export type * from './types';
export type { StreamedFile, UploadFile, UploadProgress } from './upload';
