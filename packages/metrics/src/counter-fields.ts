import type { DistributionName } from './catalogue';

/**
 * Figures are summed up under the metric's name, each value of a distribution under name and value: so the distributions
 * of many processes add up as counts do.
 */
export function distributionField(name: DistributionName, value: number): string {
  return `${name}|${roundValue(value)}`;
}

/** Two significant digits: within 5 % of the value, and few enough different ones to be counted one by one. */
export function roundValue(value: number): number {
  return Number(Math.max(0, value).toPrecision(2));
}

/** The values of one distribution among sums with how often each occurred, ascending. */
export function readDistribution(
  name: DistributionName,
  counters: Readonly<Record<string, number>>,
): [value: number, count: number][] {
  const prefix = `${name}|`;
  const found = Object.entries(counters).flatMap(([field, count]): [number, number][] =>
    field.startsWith(prefix) ? [[Number(field.slice(prefix.length)), count]] : [],
  );
  return found.sort(([a], [b]) => a - b);
}

/** The least value that the share `quantile` of all does not exceed; undefined without any. */
export function quantileOf(values: readonly [value: number, count: number][], quantile: number): number | undefined {
  const total = values.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [value, count] of values) {
    seen += count;
    if (seen >= quantile * total) return value;
  }
  return undefined;
}
