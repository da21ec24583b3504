import type { PaddedRows } from './padded-rows';

export const MAX_GRADE = 10;
/** 0 to 10; 0 stands for a feature that is not there. */
const GRADES = MAX_GRADE + 1;
const GRADE_PAIRS = GRADES * GRADES;
/** The distance to a group that fills up, in one pair of features; sums of bytes stay there. */
const PADDING_DISTANCE = 255;

export function pairTableBytes({ count }: PaddedRows, featureCount: number): number {
  return Math.ceil(featureCount / 2) * GRADE_PAIRS * count;
}

/**
 * Partial distances of all groups in two features: for pair p of features and grades a and b of a sample, one byte per
 * group from ((p × 11 + a) × 11 + b) × groups on.
 */
export function createPairTables(
  padded: PaddedRows,
  featureCount: number,
  toTerm: (difference: number) => number,
): Uint8Array {
  const { samples, multiplicities, count } = padded;
  const pairs = Math.ceil(featureCount / 2);
  const tables = new Uint8Array(pairTableBytes(padded, featureCount));
  const term = (row: number, feature: number, grade: number) =>
    grade === 0 || feature >= featureCount ? 0 : toTerm(Math.abs(grade - samples[row * featureCount + feature]));
  for (let cell = 0; cell < pairs * GRADE_PAIRS; cell++) {
    const pair = Math.floor(cell / GRADE_PAIRS);
    const [a, b] = [Math.floor((cell % GRADE_PAIRS) / GRADES), cell % GRADES];
    for (let row = 0; row < count; row++) {
      tables[cell * count + row] =
        multiplicities[row] === 0 ? PADDING_DISTANCE : term(row, 2 * pair, a) + term(row, 2 * pair + 1, b);
    }
  }
  return tables;
}

/**
 * ⌊65535 / denominator⌋ of all groups, for each sum of a sample from the lowest on. A numerator times this falls short of
 * 65535 × ratio by less than the numerator; for a group that fills up it is 65535.
 */
export function createReciprocals(
  { multiplicities, count }: PaddedRows,
  sums: Uint16Array,
  featureCount: number,
): Uint16Array {
  const sampleSums = (MAX_GRADE - 1) * featureCount + 1;
  const reciprocals = new Uint16Array(sampleSums * count);
  for (let i = 0; i < reciprocals.length; i++) {
    const row = i % count;
    const sampleSum = featureCount + (i - row) / count;
    reciprocals[i] = Math.floor(65535 / (multiplicities[row] === 0 ? PADDING_DISTANCE : sampleSum + sums[row]));
  }
  return reciprocals;
}
