/**
 * Every Bray-Curtis distance there can be between samples of whole numbers from 1 to 10, over all features or the measured
 * ones, in order: comparing fractions becomes comparing ranks, and equal fractions have one rank.
 */
export interface Ratios {
  /** Rank of numerator / denominator, at numerator × `width` + denominator. */
  readonly ranks: Uint16Array;
  readonly width: number;
  /** By rank, ascending; not in lowest terms. */
  readonly numerators: Float64Array;
  readonly denominators: Float64Array;
}

interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
}

const LARGEST_DIFFERENCE = 9;
const SMALLEST_SUM = 2;
const LARGEST_SUM = 20;
/** Numerators are summed in bytes, of which the highest stands for no row; 16 bits hold all ranks of as many features. */
const NO_ROW = 255;

/** Null when there are too many features for it. */
export function rankRatios(featureCount: number): Ratios | null {
  if (LARGEST_DIFFERENCE * featureCount >= NO_ROW) return null;
  const width = LARGEST_SUM * featureCount + 1;
  const ranks = new Uint16Array((NO_ROW + 1) * width);
  const distinct: Ratio[] = [];
  for (const ratio of possibleRatios(featureCount)) {
    const last = distinct.at(-1);
    if (last === undefined || compare(last, ratio) !== 0) distinct.push(ratio);
    ranks[ratio.numerator * width + ratio.denominator] = distinct.length - 1;
  }
  const column = (part: keyof Ratio) => Float64Array.from(distinct, (ratio) => ratio[part]);
  return { ranks, width, numerators: column('numerator'), denominators: column('denominator') };
}

/** Ascending. A sum and a difference of the same numbers are both even or both odd, and 9 of 11 is the largest ratio. */
function possibleRatios(featureCount: number): Ratio[] {
  const ratios: Ratio[] = [];
  for (let denominator = SMALLEST_SUM; denominator <= LARGEST_SUM * featureCount; denominator++) {
    const largest = Math.min(LARGEST_DIFFERENCE * featureCount, Math.floor((9 * denominator) / 11));
    for (let numerator = denominator % 2; numerator <= largest; numerator += 2) ratios.push({ numerator, denominator });
  }
  return ratios.sort(compare);
}

function compare(a: Ratio, b: Ratio): number {
  return a.numerator * b.denominator - b.numerator * a.denominator;
}
