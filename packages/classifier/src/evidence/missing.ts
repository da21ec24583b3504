import type { Schema } from '@cytoqueue/schema';
import type { TrainingSet } from '../model/model';

/** Combinations of values that the missing features could have, in the order of these features. */
export interface Combinations {
  readonly method: 'exact' | 'plausible';
  readonly values: readonly (readonly number[])[];
}

/** Up to this many missing grades are tried in all combinations: 10 or 100 of them. */
const MAX_EXACT_FEATURES = 2;

/** All combinations for one or two integer features; otherwise the distinct combinations in the training rows. */
export function missingCombinations(features: readonly number[], schema: Schema, training: TrainingSet): Combinations {
  const isExact =
    features.length <= MAX_EXACT_FEATURES && features.every((feature) => schema.features[feature].integer);
  return isExact
    ? { method: 'exact', values: allCombinations(features, schema) }
    : { method: 'plausible', values: seenCombinations(features, training) };
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
