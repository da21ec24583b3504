import { hasGrades } from '@cytoqueue/schema';
import type { Model } from '../model/model';
import { populationStabilityIndex } from './psi';

/** Counts per feature: not measured (bin 0), each value from 1 to 10, and ten times such a value (bin 11). */
export const HISTOGRAM_BINS = 12;
const MISSING_BIN = 0;
const TENFOLD_BIN = 11;

/** Fewer rows than this can differ from the training data by chance alone. */
const MIN_ROWS = 100;
/** Usual interpretation of the index: below .1 no shift, above .25 another population. */
const MAJOR_SHIFT = 0.25;
const MISSING_SHARE = 0.5;
const CONSTANT_SHARE = 0.995;
const TENFOLD_SHARE = 0.2;

export interface DriftNote {
  readonly code: 'tenfold' | 'constant' | 'swapped' | 'mostly-missing' | 'shifted';
  readonly features: readonly string[];
  /** Message for the sender of the file. */
  readonly text: string;
}

export interface Drift {
  /** Population stability index by feature, 0 = as in the training data. */
  readonly psi: Readonly<Record<string, number>>;
  readonly notes: readonly DriftNote[];
}

/**
 * Compares the values of a file with those of the model's training data, feature by feature.
 * @param histogram row-major features × HISTOGRAM_BINS, in the schema's order
 * @returns undefined when there are too few rows, or when features are not grades
 * @see Siddiqi (2006), Credit Risk Scorecards, for the index and how it is read
 */
export function describeDrift(histogram: ArrayLike<number>, model: Model): Drift | undefined {
  if (!hasGrades(model.schema)) return undefined;
  const features = model.schema.features.map(({ name }, feature) => createProfile(name, feature, histogram, model));
  if (features.every(({ measured, missing, tenfold }) => measured + missing + tenfold < MIN_ROWS)) return undefined;
  const psi = Object.fromEntries(features.map(({ name, stability }) => [name, stability]));
  const problems = features.flatMap((profile) => columnProblems(profile));
  const swapped = findSwapped(
    features.filter(({ name }) => !problems.some((createNote) => createNote.features.includes(name))),
  );
  const named = new Set([...problems, ...swapped].flatMap((createNote) => createNote.features));
  const shifted = features.filter(
    ({ name, stability, measured }) => !named.has(name) && measured >= MIN_ROWS && stability > MAJOR_SHIFT,
  );
  return { psi, notes: [...problems, ...swapped, ...shifted.map(shiftedNote)] };
}

interface FeatureProfile {
  name: string;
  /** Counts of the values 1..10 in the file and in the training data. */
  counts: number[];
  expected: number[];
  measured: number;
  missing: number;
  tenfold: number;
  stability: number;
}

function createProfile(
  name: string,
  feature: number,
  histogram: ArrayLike<number>,
  { training }: Model,
): FeatureProfile {
  const bin = (index: number) => histogram[feature * HISTOGRAM_BINS + index];
  const counts = Array.from({ length: 10 }, (_, value) => bin(value + 1));
  const expected = Array.from({ length: 10 }, () => 0);
  for (let row = 0; row < training.rows; row++) {
    const value = training.samples[row * training.featureCount + feature];
    if (value >= 1 && value <= 10) expected[value - 1]++;
  }
  const measured = counts.reduce((sum, count) => sum + count, 0);
  return {
    name,
    counts,
    expected,
    measured,
    missing: bin(MISSING_BIN),
    tenfold: bin(TENFOLD_BIN),
    stability: populationStabilityIndex(counts, expected),
  };
}

/** Problems of a single column, the most obvious first. */
function columnProblems(profile: FeatureProfile): DriftNote[] {
  const { name, counts, expected, measured, missing, tenfold } = profile;
  const total = measured + missing + tenfold;
  if (total < MIN_ROWS) return [];
  if (tenfold > total * TENFOLD_SHARE) {
    return [
      createNote(
        'tenfold',
        [name],
        `${name}: ${tenfold} values are tenfolds of 1 to 10; is the column on a scale of 10 to 100?`,
      ),
    ];
  }
  if (missing > total * MISSING_SHARE)
    return [createNote('mostly-missing', [name], `${name} was not measured in ${missing} of ${total} rows`)];
  const maxCount = Math.max(...counts);
  const value = counts.indexOf(maxCount);
  const expectedShare = expected[value] / expected.reduce((sum, count) => sum + count, 0);
  if (
    measured >= MIN_ROWS &&
    maxCount >= measured * CONSTANT_SHARE &&
    expectedShare < MISSING_SHARE + MISSING_SHARE / 2
  ) {
    return [
      createNote(
        'constant',
        [name],
        `${name} is ${value + 1} in ${maxCount} of ${measured} rows: a default, or an instrument that is stuck?`,
      ),
    ];
  }
  return [];
}

/**
 * Pairs of columns that fit the training data much better when exchanged, clearest first. A column is in one pair only.
 */
function findSwapped(profiles: readonly FeatureProfile[]): DriftNote[] {
  const pairs = profiles.flatMap((first, index) =>
    profiles.slice(index + 1).map((second) => ({ first, second, gain: swapGain(first, second) })),
  );
  const found: DriftNote[] = [];
  const used = new Set<string>();
  for (const { first, second, gain } of pairs.sort((a, b) => b.gain - a.gain)) {
    if (gain <= 0 || used.has(first.name) || used.has(second.name)) continue;
    used.add(first.name).add(second.name);
    found.push(
      createNote(
        'swapped',
        [first.name, second.name],
        `${first.name} and ${second.name} look as if they had been exchanged`,
      ),
    );
  }
  return found;
}

/** Decrease of the indexes when two columns are exchanged; 0 unless both are shifted and the sum at least halves. */
function swapGain(first: FeatureProfile, second: FeatureProfile): number {
  if (first.measured < MIN_ROWS || second.measured < MIN_ROWS) return 0;
  const current = first.stability + second.stability;
  const exchanged =
    populationStabilityIndex(first.counts, second.expected) + populationStabilityIndex(second.counts, first.expected);
  const bothShifted = Math.min(first.stability, second.stability) > MAJOR_SHIFT;
  return bothShifted && exchanged < current / 2 ? current - exchanged : 0;
}

function shiftedNote({ name, stability }: FeatureProfile): DriftNote {
  return createNote(
    'shifted',
    [name],
    `${name} is distributed unlike the training data (stability index ${stability.toFixed(2)})`,
  );
}

function createNote(code: DriftNote['code'], features: string[], text: string): DriftNote {
  return { code, features, text };
}
