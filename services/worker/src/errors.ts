import { ModelFileError } from '@cytoqueue/classifier';
import { PostponeError, UnrecoverableError } from '@cytoqueue/queue';
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

/** Errors that would occur again on every attempt. */
const PERMANENT = [
  ModelFileError,
  ModelDigestError,
  UnknownModelError,
  ObjectMismatchError,
  ObjectCorruptError,
  ObjectNotFoundError,
  InvalidKeyError,
];

/** The alarm that an error raises: stored bytes are damaged, or differ from those that the job computed. */
export function alarmOf(error: unknown): 'object-mismatch' | 'object-corrupt' | undefined {
  if (error instanceof ObjectMismatchError) return 'object-mismatch';
  return error instanceof ObjectCorruptError || error instanceof ModelFileError ? 'object-corrupt' : undefined;
}

/** Temporary outages that do not depend on the job. */
const TEMPORARY = [StoreUnavailableError, StoreFullError];
const POSTPONE_DELAY_MS = 2_000;
/** Delay until a newer worker may take a job whose data this release cannot read. */
const UNKNOWN_FORMAT_DELAY_MS = 5_000;
/** After this time an outage counts as the job's own failure and uses up its attempts. */
const MAX_POSTPONED_MS = 24 * 3_600_000;

/**
 * For how long a job has been postponed, at least. A job that has waited in a paused queue is old, and has not been.
 * @param starts how often it was started
 */
export function leastPostponedMs(ageMs: number, starts: number): number {
  return Math.min(ageMs, starts * POSTPONE_DELAY_MS);
}

/** Whether the store is unavailable or full, which concerns every job. */
export function isOutage(error: unknown): boolean {
  return TEMPORARY.some((type) => error instanceof type);
}

/** Whether the job is only postponed for this error, at least for the first time. */
export function isTemporary(error: unknown): boolean {
  return toJobError(error, 0) instanceof PostponeError;
}

/**
 * Decides for every error whether the job is postponed without using up an attempt, uses up an attempt, or fails
 * permanently (UnrecoverableError, which BullMQ does not retry). An unavailable or full store uses up no attempt: a
 * minute without S3 must not turn a lab's rows into failed ones.
 * @param postponedMs for how long the job has been postponed, at least
 */
export function toJobError(error: unknown, postponedMs: number): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof PostponeError) return error;
  if (isOutage(error) && postponedMs < MAX_POSTPONED_MS)
    return new PostponeError(error instanceof StoreFullError ? 'store-full' : 'store-unavailable', POSTPONE_DELAY_MS, {
      cause: error,
    });
  if (error instanceof ObjectFormatError && postponedMs < MAX_POSTPONED_MS)
    return new PostponeError('unknown-format', UNKNOWN_FORMAT_DELAY_MS, { cause: error });
  if (!PERMANENT.some((type) => error instanceof type)) return error;
  return Object.assign(new UnrecoverableError(error.message), { cause: error });
}
