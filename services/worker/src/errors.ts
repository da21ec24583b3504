import { ModelFileError } from '@cytoqueue/classifier';
import { PostponedError, UnrecoverableError } from '@cytoqueue/queue';
import { ModelDigestError, UnknownModelError } from '@cytoqueue/registry';
import { InvalidKeyError, ObjectCorruptError, ObjectFormatError, ObjectMismatchError, ObjectNotFoundError, StoreFullError, StoreUnavailableError } from '@cytoqueue/storage';

/** What no second attempt can mend. */
const FINAL = [ModelFileError, ModelDigestError, UnknownModelError, ObjectMismatchError, ObjectCorruptError, ObjectNotFoundError, InvalidKeyError];

/** Which alarm an error raises: the store holds damaged bytes, or other bytes than the work results in. */
export function alarmOf(error: unknown): 'object-mismatch' | 'object-corrupt' | undefined {
  if (error instanceof ObjectMismatchError) return 'object-mismatch';
  return error instanceof ObjectCorruptError || error instanceof ModelFileError ? 'object-corrupt' : undefined;
}

/** What passes by itself, and has nothing to do with the job that met it. */
const PASSING = [StoreUnavailableError, StoreFullError];
const POSTPONE_MS = 2_000;
/** How soon a newer worker may take what this release cannot read. */
const HAND_ON_MS = 5_000;
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
  if (error instanceof ObjectFormatError && ageMs < MOST_POSTPONED_MS) return new PostponedError(HAND_ON_MS, { cause: error });
  if (!FINAL.some((type) => error instanceof type)) return error;
  return Object.assign(new UnrecoverableError(error.message), { cause: error });
}
