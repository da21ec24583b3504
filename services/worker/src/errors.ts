import { ModelFileError } from '@cytoqueue/classifier';
import { UnrecoverableError } from '@cytoqueue/queue';
import { ModelDigestError, UnknownModelError } from '@cytoqueue/registry';
import { InvalidKeyError, ObjectMismatchError, ObjectNotFoundError } from '@cytoqueue/storage';

/** What no second attempt can mend. */
const FINAL = [ModelFileError, ModelDigestError, UnknownModelError, ObjectMismatchError, ObjectNotFoundError, InvalidKeyError];

/** The one place where errors become "try again" or "give up": BullMQ does not repeat an UnrecoverableError. */
export function toJobError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (!FINAL.some((type) => error instanceof type)) return error;
  return Object.assign(new UnrecoverableError(error.message), { cause: error });
}
