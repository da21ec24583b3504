/**
 * Every Bray-Curtis distance there can be between samples of whole numbers from 1 to 10, over all features or the measured
 * ones, in order: comparing fractions becomes comparing ranks, and equal fractions have one rank.
 */
export interface FractionRanks {
  /** Rank of numerator / denominator, at numerator × `width` + denominator. */
  readonly ranks: Uint16Array;
  readonly width: number;
  /** By rank, ascending; not in lowest terms. */
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
/** Numerators are summed in bytes, of which the highest stands for no row; 16 bits hold all ranks of as many features. */
const PADDING_NUMERATOR = 255;

/** Null when there are too many features for it. */
export function rankFractions(featureCount: number): FractionRanks | null {
  if (MAX_DIFFERENCE * featureCount >= PADDING_NUMERATOR) return null;
  const width = MAX_SUM * featureCount + 1;
  const ranks = new Uint16Array((PADDING_NUMERATOR + 1) * width);
  const distinct: Fraction[] = [];
  for (const fraction of possibleFractions(featureCount)) {
    const last = distinct.at(-1);
    if (last === undefined || compare(last, fraction) !== 0) distinct.push(fraction);
    ranks[fraction.numerator * width + fraction.denominator] = distinct.length - 1;
  }
  const column = (part: keyof Fraction) => Float64Array.from(distinct, (fraction) => fraction[part]);
  return { ranks, width, numerators: column('numerator'), denominators: column('denominator') };
}

/** Ascending. A sum and a difference of the same numbers are both even or both odd, and 9 of 11 is the largest ratio. */
function possibleFractions(featureCount: number): Fraction[] {
  const fractions: Fraction[] = [];
  for (let denominator = MIN_SUM; denominator <= MAX_SUM * featureCount; denominator++) {
    const largest = Math.min(MAX_DIFFERENCE * featureCount, Math.floor((9 * denominator) / 11));
    for (let numerator = denominator % 2; numerator <= largest; numerator += 2)
      fractions.push({ numerator, denominator });
  }
  return fractions.sort(compare);
}

function compare(a: Fraction, b: Fraction): number {
  return a.numerator * b.denominator - b.numerator * a.denominator;
}
