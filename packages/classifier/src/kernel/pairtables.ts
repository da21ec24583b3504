import type { Groups } from './groups';

export const HIGHEST_GRADE = 10;
/** 0 to 10; 0 stands for a feature that is not there. */
const GRADES = HIGHEST_GRADE + 1;
const CELLS = GRADES * GRADES;
/** The distance to a group that fills up, in one pair of features; sums of bytes stay there. */
const FARTHEST = 255;

export function pairTableBytes({ count }: Groups, featureCount: number): number {
  return Math.ceil(featureCount / 2) * CELLS * count;
}

/**
 * Partial distances of all groups in two features: for pair p of features and grades a and b of a sample, one byte per
 * group from ((p × 11 + a) × 11 + b) × groups on.
 */
export function createPairTables(groups: Groups, featureCount: number, partial: (difference: number) => number): Uint8Array {
  const { samples, counts, count } = groups;
  const pairs = Math.ceil(featureCount / 2);
  const tables = new Uint8Array(pairTableBytes(groups, featureCount));
  const part = (group: number, feature: number, grade: number) =>
    grade === 0 || feature >= featureCount ? 0 : partial(Math.abs(grade - samples[group * featureCount + feature]));
  for (let cell = 0; cell < pairs * CELLS; cell++) {
    const pair = Math.floor(cell / CELLS);
    const [a, b] = [Math.floor((cell % CELLS) / GRADES), cell % GRADES];
    for (let group = 0; group < count; group++) {
      tables[cell * count + group] = counts[group] === 0 ? FARTHEST : part(group, 2 * pair, a) + part(group, 2 * pair + 1, b);
    }
  }
  return tables;
}

/**
 * ⌊65535 / denominator⌋ of all groups, for each sum of a sample from the lowest on. A numerator times this falls short of
 * 65535 × ratio by less than the numerator; for a group that fills up it is 65535.
 */
export function createScales({ counts, count }: Groups, sums: Uint16Array, featureCount: number): Uint16Array {
  const sampleSums = (HIGHEST_GRADE - 1) * featureCount + 1;
  const scales = new Uint16Array(sampleSums * count);
  for (let i = 0; i < scales.length; i++) {
    const group = i % count;
    const sampleSum = featureCount + (i - group) / count;
    scales[i] = Math.floor(65535 / (counts[group] === 0 ? FARTHEST : sampleSum + sums[group]));
  }
  return scales;
}
