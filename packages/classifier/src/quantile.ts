/** The value below which a share of the others lies; between two of them in proportion. */
export function quantile(values: Float64Array, share: number): number {
  const sorted = values.toSorted();
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  return sorted[below] + (place - below) * (sorted[Math.ceil(place)] - sorted[below]);
}

export function median(values: Float64Array): number {
  return quantile(values, 0.5);
}
