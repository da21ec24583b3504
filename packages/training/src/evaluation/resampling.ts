import { createRandom } from '@cytoqueue/classifier';

/** Bound once: Jest runs tests in a vm context, where reading a global is slow. */
const { ceil, floor } = Math;

const RESAMPLES = 1000;

/**
 * Bootstrap: draws groups with replacement, all rows of a group together. Efron (1979), "Bootstrap methods".
 * @param evaluate called for each resample with the number of times that each row was drawn
 */
export function drawGroups<T>(
  groups: Int32Array,
  seed: number,
  evaluate: (weights: Int32Array, resample: number) => T,
): T[] {
  const random = createRandom(seed);
  const distinct = [...new Set(groups)];
  const draws = new Int32Array(groups.length);
  return Array.from({ length: RESAMPLES }, (_, resample) => {
    draws.fill(0);
    for (let i = 0; i < distinct.length; i++) draws[distinct[floor(random() * distinct.length)]]++;
    return evaluate(
      groups.map((group) => draws[group]),
      resample,
    );
  });
}

/** The middle 95 % of the resampled values. */
export function percentileInterval(values: readonly number[]): readonly [low: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[floor(0.025 * sorted.length)], sorted[ceil(0.975 * sorted.length) - 1]];
}
