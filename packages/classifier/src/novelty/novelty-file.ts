/**
 * The optional `novelty` member of a model file: how the training rows of each class are distributed, and how far from
 * that a record may lie before it is unusual. Values are compared as t = ln(value + offset).
 */
export interface NoveltyFile {
  /** Positive; keep the logarithm of 0 finite. One per feature, as everywhere below. */
  readonly offsets: readonly number[];
  /** Smallest and largest value of the training rows. */
  readonly lowest: readonly number[];
  readonly highest: readonly number[];
  /** A value above `highest` times this, or below `lowest` divided by it, is unusual by itself; at least 1. */
  readonly range_margin: number;
  /**
   * Power of a length in each feature (radius 1, area 2, texture 0): the direction in which t moves with the
   * magnification. Null where no feature has a length in it.
   */
  readonly length_powers: readonly number[] | null;
  readonly classes: readonly [benign: ClassNovelty, malignant: ClassNovelty];
}

export interface ClassNovelty {
  /** Mean of t. */
  readonly mean: readonly number[];
  /** Inverse of the shrunken covariance of t: lower triangle, row by row, with the diagonal. */
  readonly precision: readonly number[];
  /** A squared Mahalanobis distance above this is unusual. */
  readonly distance_limit: number;
  /**
   * A logarithm of the estimated magnification whose absolute value is above this is unusual; null without
   * `length_powers`.
   */
  readonly magnification_limit: number | null;
}

/** Whether a parsed value is a `NoveltyFile` for so many features. */
export function isNoveltyFile(value: unknown, featureCount: number): boolean {
  const file = value as NoveltyFile;
  if (!isRecord(file)) return false;
  const isList = (list: unknown) => isNumbers(list, featureCount);
  const { offsets, lowest, highest, range_margin: margin, length_powers: powers, classes } = file;
  if (!isList(offsets) || !isList(lowest) || !isList(highest) || !offsets.every((offset) => offset > 0)) return false;
  if (!Number.isFinite(margin) || margin < 1) return false;
  if (!lowest.every((low, feature) => low <= highest[feature] && low + offsets[feature] > 0)) return false;
  if (powers !== null && !(isList(powers) && powers.some((power) => power !== 0))) return false;
  return (
    Array.isArray(classes) &&
    classes.length === 2 &&
    classes.every((one) => isClassNovelty(one, featureCount, powers !== null))
  );
}

function isClassNovelty(value: unknown, featureCount: number, hasLengths: boolean): boolean {
  const {
    mean,
    precision,
    distance_limit: distance,
    magnification_limit: magnification,
  } = (isRecord(value) ? value : {}) as unknown as ClassNovelty;
  if (!isNumbers(mean, featureCount) || !isNumbers(precision, (featureCount * (featureCount + 1)) / 2)) return false;
  const isPositive = (limit: unknown) => Number.isFinite(limit) && (limit as number) > 0;
  const hasPositiveDiagonal = mean.every((_, feature) => precision[(feature * (feature + 3)) / 2] > 0);
  return (
    hasPositiveDiagonal && isPositive(distance) && (hasLengths ? isPositive(magnification) : magnification === null)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> & NoveltyFile {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown, length: number): value is readonly number[] {
  return Array.isArray(value) && value.length === length && value.every((entry) => Number.isFinite(entry));
}
