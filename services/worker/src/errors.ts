import { ModelFileError } from '@cytoqueue/classifier';
import { PostponedError, UnrecoverableError } from '@cytoqueue/queue';
import { ModelDigestError, UnknownModelError } from '@cytoqueue/registry';
import { InvalidKeyError, ObjectCorruptError, ObjectMismatchError, ObjectNotFoundError, StoreFullError, StoreUnavailableError } from '@cytoqueue/storage';

/** What no second attempt can mend. */
const FINAL = [ModelFileError, ModelDigestError, UnknownModelError, ObjectMismatchError, ObjectCorruptError, ObjectNotFoundError, InvalidKeyError];

/** Never to be seen: the store holds other bytes than the work comes to, so somebody must look. */
const ALARMS = [ObjectMismatchError, ObjectCorruptError];

export function isAlarm(error: unknown): boolean {
  return ALARMS.some((type) => error instanceof type);
}

/** What passes by itself, and has nothing to do with the job that met it. */
const PASSING = [StoreUnavailableError, StoreFullError];
const POSTPONE_MS = 2_000;
/** A store that refuses one job's object for this long is not away: then the job's attempts count. */
const MOST_POSTPONED_MS = 24 * 3_600_000;

/**
 * The one place where errors become "later", "try again" or "give up". A store that is away or full costs no attempt: a
 * minute without S3 must not turn a lab's rows into failed ones. BullMQ does not repeat an UnrecoverableError.
 * @param ageMs of the job
 */
export function toJobError(error: unknown, ageMs: number): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof PostponedError) return error;
  if (PASSING.some((type) => error instanceof type) && ageMs < MOST_POSTPONED_MS) return new PostponedError(POSTPONE_MS, { cause: error });
  if (!FINAL.some((type) => error instanceof type)) return error;
  return Object.assign(new UnrecoverableError(error.message), { cause: error });
}
