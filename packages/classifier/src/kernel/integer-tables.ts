import type { TrainingSet } from '../model/model';
import type { MetricName, ModelFile } from '../model/model-file';

/** Distinct rows per instruction; the search for candidates takes twice as many per step. */
export const LANES = 16;
const ROW_MULTIPLE = 2 * LANES;

/** Distinct training rows of each class with their multiplicity, so that repeated rows are compared once. */
export interface PaddedRows {
  /**
   * Row-major distinct rows × features. Each class is padded to a multiple of two vectors with rows of multiplicity 0.
   */
  readonly samples: Uint8Array;
  /** Training rows that each distinct row represents; 0 for padding. */
  readonly multiplicities: Uint32Array;
  /** Number of benign rows, which come first; like `count` it includes padding. */
  readonly benignCount: number;
  readonly count: number;
}

/** Sorts by row sum: a sample's nearest rows lie close in memory but in different SIMD lanes. */
export function padDistinctRows({ samples, labels, rows, featureCount }: TrainingSet): PaddedRows {
  const rowsOfLabel = (label: number) =>
    Array.from({ length: rows }, (_, row) => row).filter((row) => labels[row] === label);
  const valuesOf = (row: number) => samples.subarray(row * featureCount, (row + 1) * featureCount);
  const [benign, malignant] = [0, 1].map((label) => countDistinct(rowsOfLabel(label).map(valuesOf)));
  const benignCount = roundUp(benign.length);
  const count = benignCount + roundUp(malignant.length);
  const padded: PaddedRows = {
    samples: new Uint8Array(count * featureCount),
    multiplicities: new Uint32Array(count),
    benignCount,
    count,
  };
  for (const [first, distinctRows] of [
    [0, benign],
    [benignCount, malignant],
  ] as const) {
    distinctRows.forEach(({ values, multiplicity }, index) => {
      padded.samples.set(values, (first + index) * featureCount);
      padded.multiplicities[first + index] = multiplicity;
    });
  }
  return padded;
}

interface DistinctRow {
  readonly values: Float64Array;
  readonly sum: number;
  multiplicity: number;
}

function countDistinct(rows: Float64Array[]): DistinctRow[] {
  const found: DistinctRow[] = [];
  const sorted = rows
    .map((vector): DistinctRow => ({
      values: vector,
      sum: vector.reduce((total, value) => total + value, 0),
      multiplicity: 1,
    }))
    .sort(compareRows);
  for (const candidate of sorted) {
    const last = found.at(-1);
    if (last !== undefined && compareRows(last, candidate) === 0) last.multiplicity++;
    else found.push(candidate);
  }
  return found;
}

function compareRows(one: DistinctRow, other: DistinctRow): number {
  if (one.sum !== other.sum) return one.sum - other.sum;
  const differing = one.values.findIndex((value, feature) => value !== other.values[feature]);
  return differing < 0 ? 0 : one.values[differing] - other.values[differing];
}

function roundUp(count: number): number {
  return Math.ceil(count / ROW_MULTIPLE) * ROW_MULTIPLE;
}

export const MAX_GRADE = 10;
/** 0 to 10; 0 means not measured. */
const GRADES = MAX_GRADE + 1;
const GRADE_PAIRS = GRADES * GRADES;
/** Partial distance to a padding row; saturating sums of bytes stay at this value. */
const PADDING_DISTANCE = 255;

export function pairTableBytes({ count }: PaddedRows, featureCount: number): number {
  return Math.ceil(featureCount / 2) * GRADE_PAIRS * count;
}

/**
 * Partial distances of all distinct rows in two features. For pair p of features and grades a and b of a sample, one
 * byte per row starts at ((p × 11 + a) × 11 + b) × count.
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
 * ⌊65535 / denominator⌋ of all distinct rows for each possible sum of a sample, ascending. Numerator × reciprocal is
 * less than 65535 × ratio by less than the numerator; for padding rows it is 65535.
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

/** Integer ranks that order distances, and the distance of each rank. */
export interface DistanceRanking {
  /** Null when the rank is the squared distance itself. */
  readonly fractionRanks: FractionRanks | null;
  /** By rank, ascending. */
  readonly distances: Float64Array;
  /** Highest rank that is not beyond the far limit. */
  readonly alarmRank: number;
}

const MAX_SQUARE = 81;

/** @returns null when 16 bits cannot rank all possible distances */
export function rankDistances(
  metric: MetricName,
  featureCount: number,
  alarm: ModelFile['alarm'],
): DistanceRanking | null {
  const lastUsual = (numerators: Float64Array, denominatorAt: (rank: number) => number) =>
    numerators.findLastIndex(
      (numerator, rank) => numerator * alarm.denominator <= alarm.numerator * denominatorAt(rank),
    );
  if (metric === 'euclidean') {
    const squares = Float64Array.from({ length: MAX_SQUARE * featureCount + 1 }, (_, square) => square);
    return { fractionRanks: null, distances: squares.map(Math.sqrt), alarmRank: lastUsual(squares, () => 1) };
  }
  const fractionRanks = rankFractions(featureCount);
  if (fractionRanks === null) return null;
  const { numerators, denominators } = fractionRanks;
  const distances = numerators.map((numerator, rank) => numerator / denominators[rank]);
  return { fractionRanks, distances, alarmRank: lastUsual(numerators, (rank) => denominators[rank]) };
}

/**
 * All possible Bray-Curtis distances between samples of integers from 1 to 10, over all or some features, in ascending
 * order. Comparing fractions becomes comparing ranks; equal fractions have the same rank.
 */
interface FractionRanks {
  /** Rank of numerator / denominator, at numerator × `width` + denominator. */
  readonly ranks: Uint16Array;
  readonly width: number;
  /** By rank, ascending; fractions are not reduced. */
  readonly numerators: Float64Array;
  readonly denominators: Float64Array;
}

interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
}

const MAX_DIFFERENCE = 9;
const MIN_SUM = 2;
const MAX_SUM = 20;
/** Numerators are summed in bytes, whose highest value marks padding; with so few features 16 bits hold all ranks. */
const PADDING_NUMERATOR = 255;

/** @returns null when there are too many features */
function rankFractions(featureCount: number): FractionRanks | null {
  if (MAX_DIFFERENCE * featureCount >= PADDING_NUMERATOR) return null;
  const width = MAX_SUM * featureCount + 1;
  const ranks = new Uint16Array((PADDING_NUMERATOR + 1) * width);
  const distinct: Fraction[] = [];
  for (const fraction of possibleFractions(featureCount)) {
    const last = distinct.at(-1);
    if (last === undefined || compareFractions(last, fraction) !== 0) distinct.push(fraction);
    ranks[fraction.numerator * width + fraction.denominator] = distinct.length - 1;
  }
  const column = (part: keyof Fraction) => Float64Array.from(distinct, (fraction) => fraction[part]);
  return { ranks, width, numerators: column('numerator'), denominators: column('denominator') };
}

/** Ascending. Sum and difference of two numbers have the same parity, and 9 / 11 is the largest ratio. */
function possibleFractions(featureCount: number): Fraction[] {
  const fractions: Fraction[] = [];
  for (let denominator = MIN_SUM; denominator <= MAX_SUM * featureCount; denominator++) {
    const largest = Math.min(MAX_DIFFERENCE * featureCount, Math.floor((9 * denominator) / 11));
    for (let numerator = denominator % 2; numerator <= largest; numerator += 2)
      fractions.push({ numerator, denominator });
  }
  return fractions.sort(compareFractions);
}

function compareFractions(a: Fraction, b: Fraction): number {
  return a.numerator * b.denominator - b.numerator * a.denominator;
}
