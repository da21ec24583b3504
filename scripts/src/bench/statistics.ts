/** The value below which a share of the values lies, of 0 to 1; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** The middle one, of an even number the upper. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** To four digits: no measurement here is good for more. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
