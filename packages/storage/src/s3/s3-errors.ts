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

/** The object of a write-once key is there (412), or another is writing it at this moment (409). */
export function isConflict(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409;
}

/** An upload that was completed and whose answer was lost is unknown when its completion is asked for again. */
export function isUnknownUpload(error: unknown): boolean {
  return nameOf(error) === 'NoSuchUpload';
}

/** What the SDK throws when it gives up: a refusal or failure of the server, a network error, no credentials. */
function isServiceError(error: unknown): error is Error {
  const { $metadata, syscall, name } = error as Partial<S3ServiceException & NodeJS.ErrnoException>;
  return $metadata !== undefined || syscall !== undefined || name === 'CredentialsProviderError';
}

/** The store's name for an error of the SDK; anything else, such as an abort, as it is. */
export function toStoreError(error: unknown): unknown {
  if (nameOf(error) === 'AbortError' || !isServiceError(error)) return error;
  const status = statusOf(error);
  const detail = status === undefined ? nameOf(error) : `${nameOf(error)}, status ${status}`;
  return new StoreUnavailableError(`S3 did not do it (${detail})`, { cause: error });
}

/** The same for reading an object. */
export function toReadError(error: unknown, key: string, range?: ByteRange): unknown {
  if (isNotFound(error)) return new ObjectNotFoundError(key, { cause: error });
  if (range && statusOf(error) === 416) return new ObjectRangeError(key, range);
  return toStoreError(error);
}
