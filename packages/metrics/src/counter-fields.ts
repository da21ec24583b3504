import type { DistributionName } from './catalogue';

/**
 * Counters are stored by metric name. Each value of a distribution is a counter of its own, by name and value, so that
 * distributions of many processes add up like counts.
 */
export function distributionField(name: DistributionName, value: number): string {
  return `${name}|${roundValue(value)}`;
}

/** Rounds to two significant digits: an error of at most 5 %, and few enough different values for one counter each. */
export function roundValue(value: number): number {
  return Number(Math.max(0, value).toPrecision(2));
}

/** Reads one distribution from counters: values with their number of occurrences, ascending. */
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

/** The quantile of a distribution; undefined without values. */
export function quantileOf(values: readonly [value: number, count: number][], quantile: number): number | undefined {
  const total = values.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [value, count] of values) {
    seen += count;
    if (seen >= quantile * total) return value;
  }
  return undefined;
}
