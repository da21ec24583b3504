/** Quantile for a share of 0 to 1; NaN without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Median; the upper one of an even number of values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Rounds to four significant digits. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** A ratio of two figures over alternating rounds: the spread says how much the machine disturbed them. */
export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function ratioOf(quotients: readonly number[]): Ratio {
  return {
    median: rounded(median(quotients)),
    min: rounded(Math.min(...quotients)),
    max: rounded(Math.max(...quotients)),
  };
}

export function ratioText({ median: middle, min, max }: Ratio): string {
  return `${middle} (${min} to ${max})`;
}
