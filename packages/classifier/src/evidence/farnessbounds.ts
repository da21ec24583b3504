import type { GradeRule, Verdict } from './graderule';
import type { FeatureShifts, Shift } from './shifts';
import type { Standing } from './standing';

/** No distance is negative. */
const UNKNOWN = -1;
/** Taken off every bound: more than rounding adds up to on the way. */
const ROUNDING = 1e-9;

/**
 * How far the other class is at the least once grades are shifted, so that few shifts need to be measured against all of
 * its rows. It is at least as far as if its rows did not differ from the sample in the shifted features at all; and one
 * grade brings it only so much nearer than the shift that is one grade smaller was, which must have been asked for before.
 */
export class FarnessBounds {
  /** By first feature, its grade, second feature, its grade; single shifts stand where both are the same. */
  private readonly bounds: Float64Array;
  /** With the ideal shift of two features, by first and second; UNKNOWN until asked for. */
  private readonly ideals: Float64Array;
  private readonly grades: number;
  private verdict: Verdict = { label: 0, threshold: 0.5, bar: Infinity };
  private unshifted = 0;
  /** Of the other class's rows beside the sample. */
  private leastSize = 0;

  constructor(
    private readonly standing: Standing,
    private readonly rule: GradeRule,
    private readonly shifts: readonly FeatureShifts[],
  ) {
    this.grades = standing.scale.highest + 1;
    this.bounds = new Float64Array((shifts.length * this.grades) ** 2);
    this.ideals = new Float64Array(shifts.length ** 2);
  }

  /** For the sample that the standing has taken. */
  begin(verdict: Verdict): void {
    const { rule, standing } = this;
    const { from, to } = standing.spans[1 - verdict.label];
    this.verdict = verdict;
    this.ideals.fill(UNKNOWN);
    this.unshifted = rule.farness(standing.sums, standing.nothing, standing, verdict);
    this.leastSize = Infinity;
    for (let i = from; i < to; i++) {
      const size = standing.scale.sizeOf(standing.sums[i]);
      if (size < this.leastSize) this.leastSize = size;
    }
  }

  ofShift(shift: Shift): number {
    const { by, feature, to } = shift;
    const step = by > 0 ? 1 : -1;
    const before = by === step ? this.unshifted : this.bounds[this.placeOf(feature, to - step, feature, to - step)];
    return this.raise(this.placeOf(feature, to, feature, to), this.idealOf(feature, feature), this.afterStep(before, by - step, step));
  }

  ofPair(one: Shift, other: Shift): number {
    const [first, second] = [one.feature, other.feature];
    const firstStep = one.by > 0 ? 1 : -1;
    const secondStep = other.by > 0 ? 1 : -1;
    const total = one.by + other.by;
    const beforeFirst = one.by === firstStep ? this.placeOf(second, other.to, second, other.to) : this.placeOf(first, one.to - firstStep, second, other.to);
    const beforeSecond = other.by === secondStep ? this.placeOf(first, one.to, first, one.to) : this.placeOf(first, one.to, second, other.to - secondStep);
    const afterFirst = this.afterStep(this.bounds[beforeFirst], total - firstStep, firstStep);
    const afterSecond = this.afterStep(this.bounds[beforeSecond], total - secondStep, secondStep);
    const place = this.placeOf(first, one.to, second, other.to);
    return this.raise(place, this.idealOf(first, second), afterFirst > afterSecond ? afterFirst : afterSecond);
  }

  /** Once it was measured. */
  setShift({ feature, to }: Shift, farness: number): void {
    this.bounds[this.placeOf(feature, to, feature, to)] = farness;
  }

  setPair(one: Shift, other: Shift, farness: number): void {
    this.bounds[this.placeOf(one.feature, one.to, other.feature, other.to)] = farness;
  }

  private raise(place: number, ideal: number, afterStep: number): number {
    const bound = ideal > afterStep ? ideal : afterStep;
    this.bounds[place] = bound;
    return bound;
  }

  /** @param by sum of all grades that the sample is shifted by before the step */
  private afterStep(farness: number, by: number, step: 1 | -1): number {
    return this.standing.scale.leastAfterStep(farness, this.leastSize + by, step) - ROUNDING;
  }

  private idealOf(first: number, second: number): number {
    const { ideals, rule, standing, verdict, shifts } = this;
    const place = first * shifts.length + second;
    if (ideals[place] === UNKNOWN) {
      const { more } = shifts[second].ideal.complete();
      const sums = first === second ? standing.sums : shifts[first].ideal.complete().sums;
      ideals[place] = rule.farness(sums, more, standing, verdict);
    }
    return ideals[place];
  }

  private placeOf(first: number, firstGrade: number, second: number, secondGrade: number): number {
    return (first * this.grades + firstGrade) * this.shifts.length * this.grades + second * this.grades + secondGrade;
  }
}
