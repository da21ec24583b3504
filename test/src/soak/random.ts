/** A sequence of numbers from 0 to 1 that a seed determines, so that a soak can be repeated fault by fault. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
