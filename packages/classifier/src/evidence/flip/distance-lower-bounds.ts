import type { GradeRule, FlipTarget } from '../grade-rule';
import type { GradeChanges, GradeChange } from './grade-changes';
import type { RankedRows } from '../ranked-rows';

/** No distance is negative. */
const UNKNOWN = -1;
/** Taken off every bound: more than rounding adds up to on the way. */
const ROUNDING = 1e-9;

/**
 * How far the other class is at the least once grades are shifted, so that few shifts need to be measured against all of
 * its rows. It is at least as far as if its rows did not differ from the sample in the shifted features at all; and one
 * grade brings it only so much nearer than the shift that is one grade smaller was, which must have been asked for before.
 */
export class DistanceLowerBounds {
  /** By first feature, its grade, second feature, its grade; single shifts stand where both are the same. */
  private readonly bounds: Float64Array;
  /** With the ideal shift of two features, by first and second; UNKNOWN until asked for. */
  private readonly bestCases: Float64Array;
  private readonly gradeCount: number;
  private flipTarget: FlipTarget = { label: 0, threshold: 0.5, flipThreshold: Infinity };
  private unchangedDistance = 0;
  /** Of the other class's rows beside the sample. */
  private minDenominator = 0;

  constructor(
    private readonly rankedRows: RankedRows,
    private readonly rule: GradeRule,
    private readonly changes: readonly GradeChanges[],
  ) {
    this.gradeCount = rankedRows.packedMetric.maxGrade + 1;
    this.bounds = new Float64Array((changes.length * this.gradeCount) ** 2);
    this.bestCases = new Float64Array(changes.length ** 2);
  }

  /** For the sample that the standing has taken. */
  start(flipTarget: FlipTarget): void {
    const { rule, rankedRows } = this;
    const { start, end } = rankedRows.classRanges[1 - flipTarget.label];
    this.flipTarget = flipTarget;
    this.bestCases.fill(UNKNOWN);
    this.unchangedDistance = rule.otherClassDistance(
      rankedRows.packedDistances,
      rankedRows.zeroDeltas,
      rankedRows,
      flipTarget,
    );
    this.minDenominator = Infinity;
    for (let i = start; i < end; i++) {
      const denominator = rankedRows.packedMetric.denominatorOf(rankedRows.packedDistances[i]);
      if (denominator < this.minDenominator) this.minDenominator = denominator;
    }
  }

  ofChange(change: GradeChange): number {
    const { step, feature, to } = change;
    const direction = step > 0 ? 1 : -1;
    const before =
      step === direction
        ? this.unchangedDistance
        : this.bounds[this.indexOf(feature, to - direction, feature, to - direction)];
    return this.raise(
      this.indexOf(feature, to, feature, to),
      this.bestCaseOf(feature, feature),
      this.afterStep(before, step - direction, direction),
    );
  }

  ofPair(one: GradeChange, other: GradeChange): number {
    const [first, second] = [one.feature, other.feature];
    const firstStep = one.step > 0 ? 1 : -1;
    const secondStep = other.step > 0 ? 1 : -1;
    const total = one.step + other.step;
    const beforeFirst =
      one.step === firstStep
        ? this.indexOf(second, other.to, second, other.to)
        : this.indexOf(first, one.to - firstStep, second, other.to);
    const beforeSecond =
      other.step === secondStep
        ? this.indexOf(first, one.to, first, one.to)
        : this.indexOf(first, one.to, second, other.to - secondStep);
    const afterFirst = this.afterStep(this.bounds[beforeFirst], total - firstStep, firstStep);
    const afterSecond = this.afterStep(this.bounds[beforeSecond], total - secondStep, secondStep);
    const index = this.indexOf(first, one.to, second, other.to);
    return this.raise(index, this.bestCaseOf(first, second), afterFirst > afterSecond ? afterFirst : afterSecond);
  }

  /** Once it was measured. */
  setChange({ feature, to }: GradeChange, otherClassDistance: number): void {
    this.bounds[this.indexOf(feature, to, feature, to)] = otherClassDistance;
  }

  setPair(one: GradeChange, other: GradeChange, otherClassDistance: number): void {
    this.bounds[this.indexOf(one.feature, one.to, other.feature, other.to)] = otherClassDistance;
  }

  private raise(index: number, bestCase: number, afterStep: number): number {
    const bound = bestCase > afterStep ? bestCase : afterStep;
    this.bounds[index] = bound;
    return bound;
  }

  /** @param step sum of all grades that the sample is shifted by before the step */
  private afterStep(otherClassDistance: number, step: number, direction: 1 | -1): number {
    return (
      this.rankedRows.packedMetric.lowerBoundAfterStep(otherClassDistance, this.minDenominator + step, direction) -
      ROUNDING
    );
  }

  private bestCaseOf(first: number, second: number): number {
    const { bestCases, rule, rankedRows, flipTarget, changes } = this;
    const index = first * changes.length + second;
    if (bestCases[index] === UNKNOWN) {
      const { deltas } = changes[second].bestCase.fillAll();
      const sums = first === second ? rankedRows.packedDistances : changes[first].bestCase.fillAll().packedDistances;
      bestCases[index] = rule.otherClassDistance(sums, deltas, rankedRows, flipTarget);
    }
    return bestCases[index];
  }

  private indexOf(first: number, firstGrade: number, second: number, secondGrade: number): number {
    return (
      (first * this.gradeCount + firstGrade) * this.changes.length * this.gradeCount +
      second * this.gradeCount +
      secondGrade
    );
  }
}
