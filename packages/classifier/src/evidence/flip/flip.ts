import type { RowRange } from '../row-range';
import { DistanceLowerBounds } from './distance-lower-bounds';
import type { GradeRule, FlipTarget } from '../grade-rule';
import { GradeChanges, type GradeChange } from './grade-changes';
import type { RankedRows } from '../ranked-rows';

export interface Flip {
  readonly changes: readonly GradeChange[];
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

  /** For the sample that the standing has taken. The result is good until the next call. */
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
    if (!rule.canFlip(flipTarget, sameClassBound, bounds.ofChange(change))) return undefined;
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
    if (!rule.canFlip(flipTarget, sameClassBound, bounds.ofPair(one, other))) return undefined;
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

  /** Of a sample with these sums; undefined when it keeps the class. */
  private flippedProbability(packedDistances: Int32Array, deltas: Int32Array): number | undefined {
    const { rule, rankedRows, flipTarget } = this;
    const probability = rule.probability(packedDistances, deltas, rankedRows);
    const label = probability >= flipTarget.threshold ? 1 : 0;
    return label === flipTarget.label ? undefined : probability;
  }
}
