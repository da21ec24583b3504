import { ObjectNotFoundError, StoreFullError, StoreUnavailableError } from '../errors';

const FULL_CODES = new Set(['ENOSPC', 'EDQUOT']);
const NOT_FOUND_CODES = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);

export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** The path does not exist or is a folder, so it is no object. */
export function isNotFound(error: unknown): boolean {
  return NOT_FOUND_CODES.has(errorCode(error) ?? '');
}

function isSystemError(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.syscall !== undefined;
}

/** Converts a file system error to a store error; returns any other error unchanged. */
export function toStoreError(error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const code = errorCode(error);
  if (FULL_CODES.has(code ?? '')) return new StoreFullError(`the store's disk is full (${code})`, { cause: error });
  return new StoreUnavailableError(`the file store's disk failed (${code})`, { cause: error });
}

/** Runs disk work and converts its errors to store errors. */
export async function mapWriteErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}

/** Like `mapWriteErrors`, for reads: a missing file becomes `ObjectNotFoundError`. */
export async function mapReadErrors<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isNotFound(error) ? new ObjectNotFoundError(key, { cause: error }) : toStoreError(error);
  }
}
