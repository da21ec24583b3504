/**
 * The optional `drift` member of a model file: what random samples of its own training rows reach by chance, as
 * multiples of the standard error √(1 / rows + 1 / training rows of the smaller class). By a bootstrap of samples of 30
 * to 300 rows of either class and of both.
 */
export interface DriftLimits {
  /** Limit of the largest effect over all features. */
  readonly largest_effect: number;
  /** Limit of the mean effect. */
  readonly mean_effect: number;
  /** Limit of the gain in the mean effect by assuming another scale of grades; null for schemas of real numbers. */
  readonly scale_gain: number | null;
  /** Limit of the logarithm of the estimated magnification; null for schemas without sizes. */
  readonly magnification: number | null;
}

/** Limits for models whose file has no `drift` member: above what the shipped models reach. */
export const defaultDriftLimits: DriftLimits = {
  largest_effect: 5,
  mean_effect: 2.2,
  scale_gain: 0.15,
  magnification: 1,
};

export function isDriftLimits(value: unknown): value is DriftLimits {
  if (typeof value !== 'object' || value === null) return false;
  const { largest_effect: largest, mean_effect: mean, scale_gain: gain, magnification } = value as DriftLimits;
  const isPositive = (limit: unknown) => Number.isFinite(limit) && (limit as number) > 0;
  return (
    isPositive(largest) &&
    isPositive(mean) &&
    (gain === null || isPositive(gain)) &&
    (magnification === null || isPositive(magnification))
  );
}
