import { ObjectUnreadableError, StoreUnavailableError } from './errors';
import { errorCode } from './file-errors';
import { statusOf } from './store-finding';

/** Errors of the file system that can concern one file or folder: a loop of links, a bad block, missing rights, a damaged inode. */
const OWN_CODES = new Set(['ELOOP', 'EIO', 'EACCES', 'EPERM', 'EBADMSG', 'EUCLEAN', 'ENAMETOOLONG', 'ENXIO']);
/** Statuses that say nothing about the object: request timeout and throttling. */
const PASSING_STATUSES = new Set([408, 429]);

/** Whether the cause of a StoreUnavailableError can concern one object alone. On S3: archived, access denied, its encryption key is gone. */
export function canConcernOneObject(cause: unknown): boolean {
  const status = statusOf(cause);
  if (status !== undefined) return status >= 400 && status < 500 && !PASSING_STATUSES.has(status);
  return OWN_CODES.has(errorCode(cause) ?? '');
}

/**
 * Confines a failed read to its object: an ObjectUnreadableError when the store as a whole answers, else the error as it is.
 * @param check of the store
 */
export async function confineToObject(key: string, error: unknown, check: () => Promise<void>): Promise<unknown> {
  if (!(error instanceof StoreUnavailableError) || error instanceof ObjectUnreadableError || !canConcernOneObject(error.cause)) return error;
  return check().then(
    () => new ObjectUnreadableError(key, error.message, { cause: error.cause }),
    () => error,
  );
}
