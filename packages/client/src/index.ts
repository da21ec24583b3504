export type * from './access-types';
export { ApiError, ConnectionError, InvalidResponseError, isOutcomeUnknown } from './api-error';
export {
  type BatchFile,
  type BatchSettings,
  CytoqueueClient,
  type DownloadOptions,
  type FileFormat,
  isBatchFinished,
  isPredictionFinished,
  type ListOptions,
  type PeriodOptions,
  type PredictOptions,
  type RowListOptions,
  type UploadOptions,
} from './cytoqueue-client';
export { randomHex } from './random-hex';
export type { RetryPolicy } from './retry';
export type { CallOptions, ClientOptions } from './transport';
export type * from './types';
export type { StreamedFile, UploadFile, UploadProgress } from './upload';
