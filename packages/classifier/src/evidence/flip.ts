import type { GradeRule, Verdict } from './graderule';
import { FeatureShifts, type Shift } from './shifts';
import type { Standing } from './standing';

/** No distance and no rank is negative. */
const UNKNOWN = -1;

export interface Flip {
  readonly changes: readonly Shift[];
  /** Of malignancy, with the changes. */
  readonly probability: number;
}

/**
 * Finds the smallest change of one or two measured features that gives the other class: fewest features, then the least
 * total change, then features in the schema's order, the smaller change of the first, the lower grades.
 *
 * Candidates are predicted exactly, but no further than needed to see that they keep the class: its rows are then at the
 * most as far as the nearest of now, and the other class's at the least as far as if they did not differ from the sample
 * in the changed features at all.
 */
export class FlipSearch {
  private readonly shifts: readonly FeatureShifts[];
  /** By pair of features, first × features + second; UNKNOWN until it is asked for. */
  private readonly leastFarness: Float64Array;
  private verdict: Verdict = { label: 0, threshold: 0.5, bar: Infinity };

  constructor(
    private readonly standing: Standing,
    private readonly rule: GradeRule,
  ) {
    this.shifts = standing.columns.map((_, feature) => new FeatureShifts(standing, feature));
    this.leastFarness = new Float64Array(this.shifts.length ** 2);
  }

  /** For the sample that the standing has taken. The result is good until the next call. */
  find(verdict: Verdict): Flip | undefined {
    this.verdict = verdict;
    this.leastFarness.fill(UNKNOWN);
    const shifts = this.standing.measured.map((feature) => this.shifts[feature]);
    for (const feature of shifts) feature.fill();
    return this.findSingle(shifts) ?? this.findPair(shifts);
  }

  private findSingle(shifts: readonly FeatureShifts[]): Flip | undefined {
    for (let size = 1; size < this.standing.scale.highest; size++) {
      for (const { bySize, ideal } of shifts) {
        for (const shift of bySize[size]) {
          const probability = this.tryShift(shift, ideal);
          if (probability !== undefined) return { changes: [shift], probability };
        }
      }
    }
    return undefined;
  }

  private findPair(shifts: readonly FeatureShifts[]): Flip | undefined {
    const largest = this.standing.scale.highest - 1;
    for (let total = 2; total <= 2 * largest; total++) {
      for (let first = 0; first < shifts.length; first++) {
        for (let second = first + 1; second < shifts.length; second++) {
          const flip = this.findPairOfTotal(total, shifts[first], shifts[second]);
          if (flip !== undefined) return flip;
        }
      }
    }
    return undefined;
  }

  private findPairOfTotal(total: number, first: FeatureShifts, second: FeatureShifts): Flip | undefined {
    const largest = this.standing.scale.highest - 1;
    for (let size = total > largest ? total - largest : 1; size <= largest && size < total; size++) {
      for (const one of first.bySize[size]) {
        for (const other of second.bySize[total - size]) {
          const probability = this.tryPair(one, other);
          if (probability !== undefined) return { changes: [one, other], probability };
        }
      }
    }
    return undefined;
  }

  private tryShift(shift: Shift, ideal: Shift): number | undefined {
    const { sums } = this.standing;
    return this.flippedProbability(sums, shift.more, this.least(shift, shift, sums, ideal.more));
  }

  private tryPair(one: Shift, other: Shift): number | undefined {
    const ideal = this.shifts[one.feature].ideal;
    const least = this.least(one, other, ideal.sums, this.shifts[other.feature].ideal.more);
    return this.flippedProbability(one.sums, other.more, least);
  }

  private least(one: Shift, other: Shift, sums: Int32Array, more: Int32Array): number {
    const pair = one.feature * this.shifts.length + other.feature;
    if (this.leastFarness[pair] === UNKNOWN) {
      this.leastFarness[pair] = this.rule.farness(sums, more, this.standing, this.verdict);
    }
    return this.leastFarness[pair];
  }

  /** Of a sample with these sums; undefined when it keeps the class. */
  private flippedProbability(sums: Int32Array, more: Int32Array, leastFarness: number): number | undefined {
    const { rule, standing, verdict } = this;
    const reach = rule.reach(sums, more, standing, verdict);
    if (!rule.mayFlip(verdict, reach, leastFarness)) return undefined;
    if (!rule.mayFlip(verdict, reach, rule.farness(sums, more, standing, verdict))) return undefined;
    const probability = rule.probability(sums, more, standing);
    const label = probability >= verdict.threshold ? 1 : 0;
    return label === verdict.label ? undefined : probability;
  }
}
