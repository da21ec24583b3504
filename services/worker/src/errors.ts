import { ModelFileError } from '@cytoqueue/classifier';
import { RetryLaterError, UnrecoverableError } from '@cytoqueue/queue';
import { ModelDigestError, UnknownModelError } from '@cytoqueue/registry';
import {
  InvalidKeyError,
  ObjectCorruptError,
  ObjectFormatError,
  ObjectMismatchError,
  ObjectNotFoundError,
  StoreFullError,
  StoreUnavailableError,
} from '@cytoqueue/storage';

/** What no second attempt can mend. */
const NON_RETRYABLE = [
  ModelFileError,
  ModelDigestError,
  UnknownModelError,
  ObjectMismatchError,
  ObjectCorruptError,
  ObjectNotFoundError,
  InvalidKeyError,
];

/** Which alarm an error raises: the store holds damaged bytes, or other bytes than the work results in. */
export function alarmOf(error: unknown): 'object-mismatch' | 'object-corrupt' | undefined {
  if (error instanceof ObjectMismatchError) return 'object-mismatch';
  return error instanceof ObjectCorruptError || error instanceof ModelFileError ? 'object-corrupt' : undefined;
}

/** What passes by itself, and has nothing to do with the job that met it. */
const RETRYABLE = [StoreUnavailableError, StoreFullError];
const RETRY_LATER_DELAY_MS = 2_000;
/** How soon a newer worker may take what this release cannot read. */
const UNKNOWN_FORMAT_DELAY_MS = 5_000;
/** A store that refuses one job's object for this long is not away: then the job's attempts count. */
const MAX_RETRY_LATER_MS = 24 * 3_600_000;

/**
 * The one place where errors become "later", "try again" or "give up". A store that is away or full costs no attempt: a
 * minute without S3 must not turn a lab's rows into failed ones. BullMQ does not repeat an UnrecoverableError.
 * @param ageMs of the job
 */
export function toJobError(error: unknown, ageMs: number): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof RetryLaterError) return error;
  if (RETRYABLE.some((type) => error instanceof type) && ageMs < MAX_RETRY_LATER_MS)
    return new RetryLaterError(RETRY_LATER_DELAY_MS, { cause: error });
  if (error instanceof ObjectFormatError && ageMs < MAX_RETRY_LATER_MS)
    return new RetryLaterError(UNKNOWN_FORMAT_DELAY_MS, { cause: error });
  if (!NON_RETRYABLE.some((type) => error instanceof type)) return error;
  return Object.assign(new UnrecoverableError(error.message), { cause: error });
}
