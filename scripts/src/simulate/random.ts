import type { Random } from '@cytoqueue/classifier';

export function uniform(random: Random, [from, to]: readonly [number, number]): number {
  return from + random() * (to - from);
}

/** Exponentially distributed pause between random events at a rate per second. */
export function pauseSeconds(random: Random, perSecond: number): number {
  return -Math.log(1 - random()) / perSecond;
}

/** 99th percentile of the standard normal distribution. */
const P99_DEVIATIONS = 2.326;

/** Log-normally distributed duration with this median and 99th percentile. */
export function duration(random: Random, { p50, p99 }: { p50: number; p99: number }): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return p50 * Math.exp((normal * Math.log(p99 / p50)) / P99_DEVIATIONS);
}
