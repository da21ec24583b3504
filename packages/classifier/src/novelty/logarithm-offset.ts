/**
 * Offset added to a feature's values before taking their logarithm: the smallest training value above 0 where zeros
 * occur; else so little that it only keeps the logarithm of 0 finite.
 */
export function logarithmOffset(values: Float64Array): number {
  const smallest = values.reduce((least, value) => (value > 0 && value < least ? value : least), Infinity);
  if (smallest === Infinity) return 1;
  return values.some((value) => value === 0) ? smallest : smallest / 1000;
}
