import type { FlipTarget, GradeRule } from './grade-rule';
import type { ChangedRows, RowRange } from './grade-search';
import type { RankedRows } from './ranked-rows';

export interface Flip {
  readonly changes: readonly GradeChange[];
  /** Probability of malignancy after the changes. */
  readonly probability: number;
}

/**
 * Finds the smallest change of one or two measured features that flips the class: fewest features first, then the least
 * total change, then features in the schema's order, the smaller change of the first feature, the lower grades.
 *
 * Pruning never changes the answer: a candidate is skipped only if an upper bound of the distance to the own class (its
 * currently nearest rows) and a lower bound of the distance to the other class (`DistanceLowerBounds`) rule out a flip.
 */
export class FlipSearch {
  private readonly changes: readonly GradeChanges[];
  private readonly bounds: DistanceLowerBounds;
  private flipTarget: FlipTarget = { label: 0, threshold: 0.5, flipThreshold: Infinity };

  constructor(
    private readonly rankedRows: RankedRows,
    private readonly rule: GradeRule,
  ) {
    this.changes = rankedRows.columns.map((_, feature) => new GradeChanges(rankedRows, feature));
    this.bounds = new DistanceLowerBounds(rankedRows, rule, this.changes);
  }

  /** Searches from the sample that `rankedRows` holds. The result is valid until the next call. */
  find(flipTarget: FlipTarget): Flip | undefined {
    const { start, end } = this.rankedRows.classRanges[flipTarget.label];
    const nearest: RowRange = { start, end: Math.min(end, start + this.rule.k) };
    this.flipTarget = flipTarget;
    this.bounds.start(flipTarget);
    const changes = this.rankedRows.measured.map((feature) => this.changes[feature]);
    for (const feature of changes) feature.start(nearest);
    return this.findSingle(changes) ?? this.findPair(changes);
  }

  private findSingle(changes: readonly GradeChanges[]): Flip | undefined {
    for (let size = 1; size < this.rankedRows.packedMetric.maxGrade; size++) {
      for (const { bySize } of changes) {
        for (const change of bySize[size]) {
          const probability = this.tryChange(change);
          if (probability !== undefined) return { changes: [change], probability };
        }
      }
    }
    return undefined;
  }

  private findPair(changes: readonly GradeChanges[]): Flip | undefined {
    const maxStep = this.rankedRows.packedMetric.maxGrade - 1;
    for (let total = 2; total <= 2 * maxStep; total++) {
      for (let first = 0; first < changes.length; first++) {
        for (let second = first + 1; second < changes.length; second++) {
          const flip = this.findPairOfTotal(total, changes[first], changes[second]);
          if (flip !== undefined) return flip;
        }
      }
    }
    return undefined;
  }

  private findPairOfTotal(total: number, first: GradeChanges, second: GradeChanges): Flip | undefined {
    const maxStep = this.rankedRows.packedMetric.maxGrade - 1;
    for (let size = total > maxStep ? total - maxStep : 1; size <= maxStep && size < total; size++) {
      for (const one of first.bySize[size]) {
        for (const other of second.bySize[total - size]) {
          const probability = this.tryPair(one, other);
          if (probability !== undefined) return { changes: [one, other], probability };
        }
      }
    }
    return undefined;
  }

  private tryChange(change: GradeChange): number | undefined {
    const { rule, rankedRows, flipTarget, bounds } = this;
    const { packedDistances } = rankedRows;
    const sameClassBound = rule.sameClassBound(packedDistances, change.deltas, rankedRows, flipTarget);
    if (!rule.canFlip(flipTarget, sameClassBound, bounds.boundOfChange(change))) return undefined;
    const otherClassDistance = rule.otherClassDistance(
      packedDistances,
      change.fillAll().deltas,
      rankedRows,
      flipTarget,
    );
    bounds.setChange(change, otherClassDistance);
    return rule.canFlip(flipTarget, sameClassBound, otherClassDistance)
      ? this.flippedProbability(packedDistances, change.deltas)
      : undefined;
  }

  private tryPair(one: GradeChange, other: GradeChange): number | undefined {
    const { rule, rankedRows, flipTarget, bounds } = this;
    const sameClassBound = rule.sameClassBound(one.packedDistances, other.deltas, rankedRows, flipTarget);
    if (!rule.canFlip(flipTarget, sameClassBound, bounds.boundOfPair(one, other))) return undefined;
    const otherClassDistance = rule.otherClassDistance(
      one.fillAll().packedDistances,
      other.fillAll().deltas,
      rankedRows,
      flipTarget,
    );
    bounds.setPair(one, other, otherClassDistance);
    return rule.canFlip(flipTarget, sameClassBound, otherClassDistance)
      ? this.flippedProbability(one.packedDistances, other.deltas)
      : undefined;
  }

  /** Exact probability with these packed distances; undefined when the sample keeps its class. */
  private flippedProbability(packedDistances: Int32Array, deltas: Int32Array): number | undefined {
    const { rule, rankedRows, flipTarget } = this;
    const probability = rule.probability(packedDistances, deltas, rankedRows);
    const label = probability >= flipTarget.threshold ? 1 : 0;
    return label === flipTarget.label ? undefined : probability;
  }
}

/** Effect on the packed distances of giving one feature another grade. */
export class GradeChange {
  /** Added to each row's packed distance. */
  readonly deltas: Int32Array;
  /** Each row's packed distance after the change. */
  readonly packedDistances: Int32Array;
  /** True when both arrays are filled for all rows, not just for a range. */
  isFilled = false;

  /**
   * @param to the sample's new grade; NaN gives the sample each row's own grade. No real change brings any row nearer.
   */
  constructor(
    private readonly rankedRows: RankedRows,
    readonly feature: number,
    readonly to: number,
  ) {
    this.deltas = rankedRows.search.allocateInt32(rankedRows.all.end);
    this.packedDistances = rankedRows.search.allocateInt32(rankedRows.all.end);
  }

  /** New grade minus the sample's grade. */
  get step(): number {
    return this.to - this.rankedRows.sample[this.feature];
  }

  fillAll(): this {
    if (!this.isFilled) this.fill(this.rankedRows.all);
    this.isFilled = true;
    return this;
  }

  /** Fills a range of rows for the sample that `rankedRows` holds. */
  fill(range: RowRange): void {
    const { search, columns, terms, packedDistances } = this.rankedRows;
    const rows: ChangedRows = {
      column: columns[this.feature],
      currentTerms: terms[this.feature],
      packedDistances,
      deltas: this.deltas,
      changedDistances: this.packedDistances,
    };
    search.applyChange(rows, Number.isNaN(this.to) ? 0 : this.to, range);
  }
}

/** All other grades of one feature. Objects are reused for every sample. */
export class GradeChanges {
  /** By absolute difference to the sample's grade; the lower grade first. */
  bySize: readonly (readonly GradeChange[])[] = [];
  readonly bestCase: GradeChange;
  private readonly byGrade: readonly GradeChange[];

  constructor(
    private readonly rankedRows: RankedRows,
    private readonly feature: number,
  ) {
    this.byGrade = Array.from(
      { length: rankedRows.packedMetric.maxGrade + 1 },
      (_, grade) => new GradeChange(rankedRows, feature, grade),
    );
    this.bestCase = new GradeChange(rankedRows, feature, NaN);
  }

  /** Prepares the changes for the sample that `rankedRows` holds, which has this feature; fills a range of rows. */
  start(range: RowRange): void {
    const currentGrade = this.rankedRows.sample[this.feature];
    const others = this.byGrade.filter(({ to }) => to > 0 && to !== currentGrade);
    this.bySize = this.byGrade.map((_, size) =>
      others.filter(({ to }) => to === currentGrade - size || to === currentGrade + size),
    );
    this.bestCase.isFilled = false;
    for (const change of others) {
      change.isFilled = false;
      change.fill(range);
    }
  }
}

/** Marks a bound that is not computed; no distance is negative. */
const UNKNOWN = -1;
/** Subtracted from every bound: larger than all accumulated rounding. */
const ROUNDING = 1e-9;

/**
 * Lower bounds of the distance to the other class after grades change, so that few changes are computed for all rows:
 * (1) the distance if all rows matched the sample in the changed features; (2) the bound of the change that is one
 * grade smaller, minus what one grade can gain. Because of (2) bounds must be requested in ascending order of step
 * size.
 */
export class DistanceLowerBounds {
  /** By first feature, its grade, second feature, its grade; a single change has both features and grades the same. */
  private readonly bounds: Float64Array;
  /** Bound (1) by first and second feature; UNKNOWN until requested. */
  private readonly bestCases: Float64Array;
  private readonly gradeCount: number;
  private flipTarget: FlipTarget = { label: 0, threshold: 0.5, flipThreshold: Infinity };
  private unchangedDistance = 0;
  /** Smallest denominator of the other class's rows. */
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

  /** Resets the bounds for the sample that `rankedRows` holds. */
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

  boundOfChange(change: GradeChange): number {
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

  boundOfPair(one: GradeChange, other: GradeChange): number {
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

  /** Replaces the bound by the computed distance. */
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

  /** @param step total change of the sample's grades before this step */
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
      const { packedDistances } = first === second ? rankedRows : changes[first].bestCase.fillAll();
      bestCases[index] = rule.otherClassDistance(packedDistances, deltas, rankedRows, flipTarget);
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
