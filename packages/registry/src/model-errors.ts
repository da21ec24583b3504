import { ModelFileError } from '@cytoqueue/classifier';
import type { ModelComparison } from '@cytoqueue/records';

/** The reference does not name an existing model or version. */
export class UnknownModelError extends Error {
  readonly code: 'unknown-model' | 'model-deleted' = 'unknown-model';
}

/** The tenant deleted this version of an own model. Permanent: choose another version. */
export class ModelDeletedError extends UnknownModelError {
  override readonly code = 'model-deleted';
}

/** The champion of an own model cannot be deleted. */
export class ChampionInUseError extends Error {
  readonly code = 'champion-in-use';
}

/** The model file has a name that shared models must not use. */
export class ReservedModelNameError extends Error {
  readonly code = 'reserved-model-name';
}

/** The stored file differs from the pinned one. Results scored with it would name the wrong model. */
export class ModelDigestError extends Error {
  readonly code = 'model-digest-mismatch';
}

/** For callers that go on without a version whose file is gone or damaged. @throws every other error, such as an outage */
export function ignoreMissingModel(error: unknown): undefined {
  if (error instanceof UnknownModelError || error instanceof ModelFileError || error instanceof ModelDigestError)
    return undefined;
  throw error;
}

/** No version of this name was promoted, so only `name@version` identifies a model. */
export class NoChampionError extends Error {
  readonly code = 'no-champion';
}

/** The model has no earlier champion. */
export class NothingToRollBackError extends Error {
  readonly code = 'nothing-to-roll-back';
}

/** The paired figures say that the version finds fewer malignant records than the champion. */
export class LowerSensitivityError extends Error {
  readonly code = 'lower-sensitivity';

  constructor(
    ref: string,
    readonly comparison: ModelComparison,
  ) {
    const { model, records_of: source, records, sensitivity } = comparison;
    const { value, other, difference } = sensitivity;
    super(
      `${ref} finds fewer malignant records than the champion ${model}: sensitivity ${value} instead of ${other} on ${records} records of ${source} (difference ${difference.value}, 95 % interval ${difference.low} to ${difference.high})`,
    );
  }
}

/** Nothing says how the version compares with the champion. */
export class ComparisonMissingError extends Error {
  readonly code = 'comparison-missing';
}

/** The version cannot score batches beside the champion. */
export class InvalidShadowError extends Error {
  constructor(
    readonly code: 'is-champion' | 'other-schema',
    message: string,
  ) {
    super(message);
  }
}
