import type { Schema } from '@cytoqueue/schema';
import type { ClassMix, Comparison } from './class-mix';

/** Explains why a column is unlike the training data's. */
export type DriftCause =
  | 'factor_ten'
  | 'unit'
  | 'magnification'
  | 'logarithm'
  | 'square_root'
  | 'swapped'
  | 'other_scale'
  | 'constant'
  | 'not_measured';

/** A cause counts when undoing it leaves no more than this share of a column's effect. */
const EXPLAINED_SHARE = 0.35;
/** Another function of the values changes a column by more than this many standard deviations. */
const LEAST_EFFECT_OF_FUNCTION = 1.5;
/** Logarithms of factors that are nearer to each other than this are of one factor. */
const SAME_FACTOR = 0.15;
/** Smaller factors are differences between populations rather than units. */
const LEAST_UNIT_FACTOR = Math.log(2);
/** Parts of all values in one bin: a default, or an instrument that is stuck. */
const CONSTANT_SHARE = 0.995;

const powersOfTen = [-3, -2, -1, 1, 2, 3];

interface Undo {
  readonly cause: DriftCause;
  /** The value that a file holds → the value that was measured. */
  readonly undo: (value: number) => number;
}

/** Functions of values that files hold in their place. */
const functions: readonly Undo[] = [
  { cause: 'logarithm', undo: Math.expm1 },
  { cause: 'logarithm', undo: Math.exp },
  { cause: 'logarithm', undo: (value) => 10 ** value },
  { cause: 'logarithm', undo: (value) => 10 ** value - 1 },
  { cause: 'logarithm', undo: (value) => 2 ** value },
  { cause: 'square_root', undo: (value) => value * value },
];

/** Tries what is often done to columns, and names what would bring one back to the training data. */
export class ColumnCauses {
  private readonly swapped: ReadonlySet<number>;
  /** Logarithm of the magnification that most columns of sizes agree on; undefined for none. */
  private readonly magnification: number | undefined;

  /** @param columns counts by bin, of the features that differ */
  constructor(
    private readonly mix: ClassMix,
    private readonly lengthPowers: readonly number[] | null,
    private readonly columns: ReadonlyMap<number, readonly number[]>,
    private readonly comparison: Comparison,
  ) {
    this.swapped = this.findSwapped();
    this.magnification = magnificationOf(mix, lengthPowers, comparison);
  }

  of(feature: number): DriftCause | undefined {
    const { bins } = this.mix;
    if (this.isConstant(feature)) return 'constant';
    if (this.swapped.has(feature)) return 'swapped';
    if (!bins.isLogarithmic(feature)) return undefined;
    const effect = this.comparison.effects[feature];
    const factor = this.logFactor(feature);
    const power = this.lengthPowers?.[feature] ?? 0;
    if (
      this.magnification !== undefined &&
      power !== 0 &&
      Math.abs(factor / power - this.magnification) < SAME_FACTOR
    ) {
      return isPowerOfTen(this.magnification) ? 'factor_ten' : 'magnification';
    }
    const tens = powersOfTen.map((tens): Undo => ({ cause: 'factor_ten', undo: (value) => value / 10 ** tens }));
    const candidates = effect < LEAST_EFFECT_OF_FUNCTION ? tens : [...tens, ...functions];
    const tried = candidates.map(({ cause, undo }) => ({ cause, left: this.effectAfter(feature, undo) }));
    const best = tried.reduce((one, other) => (other.left < one.left ? other : one));
    if (best.left <= effect * EXPLAINED_SHARE) return best.cause;
    const isUnit =
      Math.abs(factor) >= LEAST_UNIT_FACTOR &&
      this.effectAfter(feature, (value) => value * Math.exp(-factor)) <= effect * EXPLAINED_SHARE;
    return isUnit ? 'unit' : undefined;
  }

  /** Pairs of columns that each fit the training data far better in the other's place. */
  private findSwapped(): Set<number> {
    const { columns, comparison } = this;
    const found = new Set<number>();
    const fits = (from: number, to: number) =>
      this.effectAfter(from, (value) => value, to) <= comparison.effects[from] * EXPLAINED_SHARE;
    for (const one of columns.keys()) {
      for (const other of columns.keys()) {
        if (one < other && !found.has(one) && !found.has(other) && fits(one, other) && fits(other, one))
          found.add(one).add(other);
      }
    }
    return found;
  }

  private logFactor(feature: number): number {
    return this.comparison.shifts[feature] / this.mix.bins.deviationsPerUnit(feature);
  }

  /** The effect that is left when each value is changed, in the place of a feature. */
  private effectAfter(feature: number, change: (value: number) => number, place = feature): number {
    const { mix, columns } = this;
    const { bins } = mix;
    const moved = new Float64Array(bins.binsPerFeature);
    const atLeastZero = (value: number) => (bins.isLogarithmic(place) ? Math.max(0, value) : value);
    (columns.get(feature) ?? []).forEach((count, bin) => {
      if (count > 0 && bin > 0 && bin <= bins.measuredBins)
        moved[bins.binOf(atLeastZero(change(bins.valueOf(bin, feature))), place)] += count;
    });
    return mix.effectOf(moved, place);
  }

  private isConstant(feature: number): boolean {
    const counts = (this.columns.get(feature) ?? []).slice(1, this.mix.bins.measuredBins + 1);
    return Math.max(...counts) >= counts.reduce((sum, count) => sum + count, 0) * CONSTANT_SHARE;
  }
}

/**
 * Logarithm of the magnification, relative to the training data's, that most columns of sizes agree on; undefined for
 * none, and for schemas without sizes.
 */
export function magnificationOf(
  { bins }: ClassMix,
  lengthPowers: readonly number[] | null,
  { shifts, measured }: Comparison,
): number | undefined {
  if (lengthPowers === null || !bins.areNumbers) return undefined;
  const sizes = Array.from(lengthPowers.keys()).filter(
    (feature) => lengthPowers[feature] !== 0 && measured[feature] > 0,
  );
  const factors = sizes
    .map((feature) => shifts[feature] / bins.deviationsPerUnit(feature) / lengthPowers[feature])
    .sort((a, b) => a - b);
  const median = factors[factors.length >> 1];
  const agreeing = factors.filter((factor) => Math.abs(factor - median) < SAME_FACTOR);
  return agreeing.length * 2 > sizes.length ? median : undefined;
}

function isPowerOfTen(logFactor: number): boolean {
  return powersOfTen.some((power) => Math.abs(logFactor - power * Math.LN10) < SAME_FACTOR);
}

/** Powers of a length in the quantities of a schema that have one; null where none has. */
export function lengthPowersOf({ features }: Schema): number[] | null {
  const powers = features.map(({ quantity = '' }) => lengthPowerOf[quantity] ?? 0);
  return powers.some((power) => power !== 0) ? powers : null;
}

const lengthPowerOf: Readonly<Record<string, number>> = { radius: 1, perimeter: 1, area: 2 };
