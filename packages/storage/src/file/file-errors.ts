import { ObjectNotFoundError, StoreFullError, StoreUnavailableError } from '../errors';

const FULL_CODES = new Set(['ENOSPC', 'EDQUOT']);
const NOT_FOUND_CODES = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);

export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** Nothing is there, or what is there is no object but a folder. */
export function isNotFound(error: unknown): boolean {
  return NOT_FOUND_CODES.has(errorCode(error) ?? '');
}

function isSystemError(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.syscall !== undefined;
}

/** The store's name for an error of the file system; anything else as it is. */
function toStoreError(error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const code = errorCode(error);
  if (FULL_CODES.has(code ?? '')) return new StoreFullError(`the store's disk is full (${code})`, { cause: error });
  return new StoreUnavailableError(`the file store failed (${code})`, { cause: error });
}

/** Runs work on the disk, its errors under the store's names. */
export async function mapWriteErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}

/** The same for reading an object: nothing there is `ObjectNotFoundError`. */
export async function mapReadErrors<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isNotFound(error) ? new ObjectNotFoundError(key, { cause: error }) : toStoreError(error);
  }
}
