import { S3ServiceException } from '@aws-sdk/client-s3';
import { ObjectNotFoundError, ObjectRangeError, StoreUnavailableError } from '../errors';
import type { ByteRange } from '../object-store';

const NOT_FOUND_NAMES = new Set(['NoSuchKey', 'NotFound']);

function nameOf(error: unknown): string {
  return String((error as Error | undefined)?.name);
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

export function isNotFound(error: unknown): boolean {
  return NOT_FOUND_NAMES.has(nameOf(error));
}

/** The write-once key exists (412), or another writer is writing it (409). */
export function isConflict(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409;
}

/** NoSuchUpload on a repeated completion: the first one succeeded and its response was lost. */
export function isUnknownUpload(error: unknown): boolean {
  return nameOf(error) === 'NoSuchUpload';
}

/** Errors that the SDK throws after its last attempt: a server's refusal or failure, a network error, missing credentials. */
function isServiceError(error: unknown): error is Error {
  const { $metadata, syscall, name } = error as Partial<S3ServiceException & NodeJS.ErrnoException>;
  return $metadata !== undefined || syscall !== undefined || name === 'CredentialsProviderError';
}

/** Converts an SDK error to a store error; returns any other error, such as an abort, unchanged. */
export function toStoreError(error: unknown): unknown {
  if (nameOf(error) === 'AbortError' || !isServiceError(error)) return error;
  const status = statusOf(error);
  const detail = status === undefined ? nameOf(error) : `${nameOf(error)}, status ${status}`;
  return new StoreUnavailableError(`the S3 request failed (${detail})`, { cause: error });
}

/** Like `toStoreError`, for reads: not found and invalid range have their own errors. */
export function toReadError(error: unknown, key: string, range?: ByteRange): unknown {
  if (isNotFound(error)) return new ObjectNotFoundError(key, { cause: error });
  if (range && statusOf(error) === 416) return new ObjectRangeError(key, range);
  return toStoreError(error);
}
