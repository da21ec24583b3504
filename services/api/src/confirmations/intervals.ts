/** An estimate with its 95 % interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

/** The 97.5 % quantile of the normal distribution. */
const Z = 1.959963984540054;

/** A proportion with its Wilson interval; null of none. */
export function wilsonInterval(successes: number, total: number): Estimate | null {
  if (total === 0) return null;
  const value = successes / total;
  const scale = 1 + (Z * Z) / total;
  const center = (value + (Z * Z) / (2 * total)) / scale;
  const half = (Z / scale) * Math.sqrt((value * (1 - value)) / total + (Z * Z) / (4 * total * total));
  // Exact at the ends, where rounding would leave 1e-17 or 1 - 1e-16.
  const low = successes === 0 ? 0 : center - half;
  const high = successes === total ? 1 : center + half;
  return { value, low, high };
}

/** A mean of values from 0 to 1 with its normal interval, from the sums of the values and of their squares; null of none. */
export function meanInterval(sum: number, sumOfSquares: number, total: number): Estimate | null {
  if (total === 0) return null;
  const value = sum / total;
  const variance = total === 1 ? 0 : Math.max(0, (sumOfSquares - sum * value) / (total - 1));
  const half = Z * Math.sqrt(variance / total);
  return { value, low: Math.max(0, value - half), high: Math.min(1, value + half) };
}
