import type { Schema } from '@cytoqueue/schema';
import type { TrainingSet } from '../model/model';

/** Combinations of values that the missing features could have, in the order of these features. */
export interface Combinations {
  readonly method: 'exact' | 'plausible';
  readonly values: readonly (readonly number[])[];
  /** False when only some of the combinations in the training rows are tried. */
  readonly isComplete: boolean;
}

/** Up to this many combinations of whole numbers are tried: two missing grades have 100. */
const MAX_EXACT = 100;

/**
 * All combinations of few integer values; otherwise distinct combinations in the training rows, evenly picked where
 * there are too many.
 */
export function missingCombinations(
  features: readonly number[],
  schema: Schema,
  training: TrainingSet,
  maxComparisons: number,
): Combinations {
  const choices = features.reduce((product, feature) => {
    const { integer, min, max } = schema.features[feature];
    return integer ? product * (max - min + 1) : Infinity;
  }, 1);
  if (choices <= MAX_EXACT) return { method: 'exact', values: allCombinations(features, schema), isComplete: true };
  const seen = seenCombinations(features, training);
  const most = Math.max(MAX_EXACT, Math.floor(maxComparisons / training.rows));
  if (seen.length <= most) return { method: 'plausible', values: seen, isComplete: true };
  const picked = Array.from({ length: most }, (_, index) => seen[Math.floor((index * seen.length) / most)]);
  return { method: 'plausible', values: picked, isComplete: false };
}

function allCombinations(features: readonly number[], schema: Schema): number[][] {
  const grades = features.map((feature) => {
    const { min, max } = schema.features[feature];
    return Array.from({ length: max - min + 1 }, (_, index) => min + index);
  });
  return grades.reduce<number[][]>(
    (all, next) => all.flatMap((partial) => next.map((grade) => [...partial, grade])),
    [[]],
  );
}

function seenCombinations(features: readonly number[], { rows, featureCount, samples }: TrainingSet): number[][] {
  const seen = new Map<string, number[]>();
  for (let row = 0; row < rows; row++) {
    const values = features.map((feature) => samples[row * featureCount + feature]);
    seen.set(values.join(), values);
  }
  return [...seen.values()];
}
