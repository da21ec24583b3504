import type { Random } from '@cytoqueue/training';

export function uniform(random: Random, [from, to]: readonly [number, number]): number {
  return from + random() * (to - from);
}

/** The pause to the next of events that come at random, so many a second. */
export function pauseSeconds(random: Random, perSecond: number): number {
  return -Math.log(1 - random()) / perSecond;
}

/** How far the 99th percentile of a normal distribution is from its middle, in standard deviations. */
const P99_DEVIATIONS = 2.326;

/** Durations with that middle and that 99th percentile, and the long tail of a log-normal distribution. */
export function duration(random: Random, { p50, p99 }: { p50: number; p99: number }): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return p50 * Math.exp((normal * Math.log(p99 / p50)) / P99_DEVIATIONS);
}
