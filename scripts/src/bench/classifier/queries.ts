import type { Model } from '@cytoqueue/classifier';

/** Reproducible random numbers from 0 to 1: Numerical Recipes' linear congruential generator modulo 2³². */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Samples like the training data: training rows with 30 % of the features changed by one grade or, for
 * real numbers, by up to a tenth of their value.
 * @returns row-major rows × features
 */
export function drawQueries({ training, schema }: Model, rows: number, random = createRandom(1)): Float64Array {
  const { samples, featureCount } = training;
  const queries = new Float64Array(rows * featureCount);
  for (let row = 0; row < rows; row++) {
    const origin = Math.floor(random() * training.rows) * featureCount;
    for (const [feature, { min, max, integer }] of schema.features.entries()) {
      const value = samples[origin + feature]!;
      const step = integer ? (random() < 0.5 ? -1 : 1) : value * (random() - 0.5) * 0.2;
      queries[row * featureCount + feature] = random() < 0.3 ? Math.min(max, Math.max(min, value + step)) : value;
    }
  }
  return queries;
}
