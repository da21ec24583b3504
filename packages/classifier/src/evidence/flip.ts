import { FarnessBounds } from './farnessbounds';
import type { GradeRule, Verdict } from './graderule';
import { FeatureShifts, type Shift } from './shifts';
import type { Standing } from './standing';

export interface Flip {
  readonly changes: readonly Shift[];
  /** Of malignancy, with the changes. */
  readonly probability: number;
}

/**
 * Finds the smallest change of one or two measured features that gives the other class: fewest features first, then the
 * least total change, then features in the schema's order, the smaller change of the first, the lower grades.
 *
 * Candidates are predicted exactly, but no further than needed to see that they keep the class: its rows are then at the
 * most as far as the nearest of now, and the other class's as far as `FarnessBounds` says or farther.
 */
export class FlipSearch {
  private readonly shifts: readonly FeatureShifts[];
  private readonly bounds: FarnessBounds;
  private verdict: Verdict = { label: 0, threshold: 0.5, bar: Infinity };

  constructor(
    private readonly standing: Standing,
    private readonly rule: GradeRule,
  ) {
    this.shifts = standing.columns.map((_, feature) => new FeatureShifts(standing, feature));
    this.bounds = new FarnessBounds(standing, rule, this.shifts);
  }

  /** For the sample that the standing has taken. The result is good until the next call. */
  find(verdict: Verdict): Flip | undefined {
    const { from, to } = this.standing.spans[verdict.label];
    const nearest = { from, to: Math.min(to, from + this.rule.k) };
    this.verdict = verdict;
    this.bounds.begin(verdict);
    const shifts = this.standing.measured.map((feature) => this.shifts[feature]);
    for (const feature of shifts) feature.begin(nearest);
    return this.findSingle(shifts) ?? this.findPair(shifts);
  }

  private findSingle(shifts: readonly FeatureShifts[]): Flip | undefined {
    for (let size = 1; size < this.standing.scale.highest; size++) {
      for (const { bySize } of shifts) {
        for (const shift of bySize[size]) {
          const probability = this.tryShift(shift);
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

  private tryShift(shift: Shift): number | undefined {
    const { rule, standing, verdict, bounds } = this;
    const { sums } = standing;
    const reach = rule.reach(sums, shift.more, standing, verdict);
    if (!rule.mayFlip(verdict, reach, bounds.ofShift(shift))) return undefined;
    const farness = rule.farness(sums, shift.complete().more, standing, verdict);
    bounds.setShift(shift, farness);
    return rule.mayFlip(verdict, reach, farness) ? this.flippedProbability(sums, shift.more) : undefined;
  }

  private tryPair(one: Shift, other: Shift): number | undefined {
    const { rule, standing, verdict, bounds } = this;
    const reach = rule.reach(one.sums, other.more, standing, verdict);
    if (!rule.mayFlip(verdict, reach, bounds.ofPair(one, other))) return undefined;
    const farness = rule.farness(one.complete().sums, other.complete().more, standing, verdict);
    bounds.setPair(one, other, farness);
    return rule.mayFlip(verdict, reach, farness) ? this.flippedProbability(one.sums, other.more) : undefined;
  }

  /** Of a sample with these sums; undefined when it keeps the class. */
  private flippedProbability(sums: Int32Array, more: Int32Array): number | undefined {
    const { rule, standing, verdict } = this;
    const probability = rule.probability(sums, more, standing);
    const label = probability >= verdict.threshold ? 1 : 0;
    return label === verdict.label ? undefined : probability;
  }
}
