import { ObjectUnreadableError, StoreUnavailableError } from './errors';
import { errorCode } from './file/file-errors';
import { statusOf } from './store-finding';

/** File system errors that can affect a single file or folder: link loop, bad block, permissions, damaged inode. */
const OWN_CODES = new Set(['ELOOP', 'EIO', 'EACCES', 'EPERM', 'EBADMSG', 'EUCLEAN', 'ENAMETOOLONG', 'ENXIO']);
/** Statuses that do not concern the object: request timeout and throttling. */
const PASSING_STATUSES = new Set([408, 429]);

/** Whether the cause of a StoreUnavailableError can affect a single object; on S3: archived, access denied, encryption key deleted. */
export function canConcernOneObject(cause: unknown): boolean {
  const status = statusOf(cause);
  if (status !== undefined) return status >= 400 && status < 500 && !PASSING_STATUSES.has(status);
  return OWN_CODES.has(errorCode(cause) ?? '');
}

/**
 * Returns an ObjectUnreadableError when the read failed but the store as a whole works; otherwise the error unchanged.
 * @param check rejects when the store as a whole does not work
 */
export async function confineToObject(key: string, error: unknown, check: () => Promise<void>): Promise<unknown> {
  if (
    !(error instanceof StoreUnavailableError) ||
    error instanceof ObjectUnreadableError ||
    !canConcernOneObject(error.cause)
  )
    return error;
  return check().then(
    () => new ObjectUnreadableError(key, error.message, { cause: error.cause }),
    () => error,
  );
}
