/** Quantile with linear interpolation between the two nearest values. */
export function quantile(values: Float64Array, share: number): number {
  const sorted = values.toSorted();
  const position = share * (sorted.length - 1);
  const lower = Math.floor(position);
  return sorted[lower] + (position - lower) * (sorted[Math.ceil(position)] - sorted[lower]);
}

export function median(values: Float64Array): number {
  return quantile(values, 0.5);
}
