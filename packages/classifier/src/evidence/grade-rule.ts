import type { Label } from '@cytoqueue/schema';
import type { NearestGrades, PackedMetric } from './grade-search';
import type { ClassRanges } from './ranked-rows';
import { classRatioScore, plattProbability } from '../knn/decision-rule';
import type { ModelFile } from '../model/model-file';

/** The current class of a sample and the limit that a flip must reach. */
export interface FlipTarget {
  readonly label: Label;
  /** Smallest probability that is classified as malignant. */
  readonly threshold: number;
  /** Limit for the other class: a ratio of mean distances for `class-ratio`, a number of votes for `votes`. */
  readonly flipThreshold: number;
}

/**
 * A model's decision rule on packed distances. Row i has the distance `packedDistances[i] + deltas[i]`. The
 * probabilities equal the classifier's to the last bit.
 */
export interface GradeRule {
  readonly k: number;
  /** Whether rows beyond the k nearest of each class can count, because all ties vote. */
  readonly tiesVote: boolean;

  flipTarget(label: Label, threshold: number): FlipTarget;

  probability(packedDistances: Int32Array, deltas: Int32Array, rows: ClassRanges): number;

  /** Upper bound of the distance to the current class, from its rows that were nearest before the change. */
  sameClassBound(packedDistances: Int32Array, deltas: Int32Array, rows: ClassRanges, flipTarget: FlipTarget): number;

  /** Distance or mean distance to the other class, comparable with `sameClassBound`. */
  otherClassDistance(
    packedDistances: Int32Array,
    deltas: Int32Array,
    rows: ClassRanges,
    flipTarget: FlipTarget,
  ): number;

  /** False only if every sample with at most this bound and at least this distance certainly keeps its class. */
  canFlip(flipTarget: FlipTarget, sameClassBound: number, otherClassDistance: number): boolean;
}

export function createGradeRule(
  { calibration, k }: ModelFile,
  packedMetric: PackedMetric,
  nearest: NearestGrades,
): GradeRule {
  return calibration === null
    ? new VoteRule(k, packedMetric, nearest)
    : new ClassRatioRule(k, packedMetric, nearest, calibration);
}

/** Relative tolerance: larger than all rounding between a distance and a probability. */
const ROUNDING = 1e-9;

class ClassRatioRule implements GradeRule {
  readonly tiesVote = false;

  constructor(
    readonly k: number,
    private readonly packedMetric: PackedMetric,
    private readonly nearest: NearestGrades,
    private readonly calibration: NonNullable<ModelFile['calibration']>,
  ) {}

  /** `flipThreshold`: the ratio of the mean distances plus ε at which the class changes. */
  flipTarget(label: Label, threshold: number): FlipTarget {
    const { slope, intercept } = this.calibration.platt;
    const ratio = Math.exp((Math.log(threshold / (1 - threshold)) - intercept) / slope);
    // The bounds assume a rising Platt curve; with slope ≤ 0 prune nothing.
    const flipThreshold = slope > 0 ? (label === 0 ? 1 / ratio : ratio) * (1 + ROUNDING) : Infinity;
    return { label, threshold, flipThreshold };
  }

  probability(packedDistances: Int32Array, deltas: Int32Array, { multiplicities, classRanges }: ClassRanges): number {
    const { epsilon, platt } = this.calibration;
    const benignMean = this.nearest.select(packedDistances, deltas, multiplicities, classRanges[0]).mean();
    const malignantMean = this.nearest.select(packedDistances, deltas, multiplicities, classRanges[1]).mean();
    return plattProbability(classRatioScore(benignMean, malignantMean, epsilon), platt);
  }

  /** Mean distance to the k rows that were nearest before the change; the mean of the k nearest is at most this. */
  sameClassBound(
    packedDistances: Int32Array,
    deltas: Int32Array,
    { multiplicities, classRanges }: ClassRanges,
    { label }: FlipTarget,
  ): number {
    const { start, end } = classRanges[label];
    let [sum, rows] = [0, 0];
    for (let i = start; i < end && rows < this.k; i++) {
      sum += multiplicities[i] * this.packedMetric.toDistance(packedDistances[i] + deltas[i]);
      rows += multiplicities[i];
    }
    return sum / rows;
  }

  /** Mean distance to the k nearest rows of the other class. */
  otherClassDistance(
    packedDistances: Int32Array,
    deltas: Int32Array,
    { multiplicities, classRanges }: ClassRanges,
    { label }: FlipTarget,
  ): number {
    return this.nearest.select(packedDistances, deltas, multiplicities, classRanges[1 - label]).mean();
  }

  canFlip({ flipThreshold }: FlipTarget, sameClassBound: number, otherClassDistance: number): boolean {
    const { epsilon } = this.calibration;
    return otherClassDistance + epsilon <= (sameClassBound + epsilon) * flipThreshold;
  }
}

class VoteRule implements GradeRule {
  readonly tiesVote = true;

  constructor(
    readonly k: number,
    private readonly packedMetric: PackedMetric,
    private readonly nearest: NearestGrades,
  ) {}

  /** `flipThreshold`: the fewest votes with which the other class can win, as at least k rows vote. */
  flipTarget(label: Label, threshold: number): FlipTarget {
    const flipThreshold = label === 0 ? Math.ceil(threshold * this.k) : Math.floor((1 - threshold) * this.k) + 1;
    return { label, threshold, flipThreshold: Math.max(1, flipThreshold) };
  }

  /** Share of malignant rows among all rows at or within the k-th distance. */
  probability(
    packedDistances: Int32Array,
    deltas: Int32Array,
    { multiplicities, all, classRanges }: ClassRanges,
  ): number {
    const nearest = this.nearest.select(packedDistances, deltas, multiplicities, all);
    const [benign, malignant] = classRanges.map((range) =>
      nearest.countWithin(this.k - 1, packedDistances, deltas, multiplicities, range),
    );
    return malignant / (malignant + benign);
  }

  /** Distance of the farthest of the k rows that were nearest before the change: no row beyond it votes. */
  sameClassBound(
    packedDistances: Int32Array,
    deltas: Int32Array,
    { multiplicities, classRanges }: ClassRanges,
    { label }: FlipTarget,
  ): number {
    const { start, end } = classRanges[label];
    let [farthest, rows] = [0, 0];
    for (let i = start; i < end && rows < this.k; i++) {
      const distance = this.packedMetric.toDistance(packedDistances[i] + deltas[i]);
      if (distance > farthest) farthest = distance;
      rows += multiplicities[i];
    }
    // A class with fewer than k rows sets no limit to the rows of the other class that vote.
    return rows < this.k ? Infinity : farthest;
  }

  /** Distance of the other class's row whose vote can decide. */
  otherClassDistance(
    packedDistances: Int32Array,
    deltas: Int32Array,
    { multiplicities, classRanges }: ClassRanges,
    { label, flipThreshold }: FlipTarget,
  ): number {
    return this.nearest
      .select(packedDistances, deltas, multiplicities, classRanges[1 - label])
      .distanceAt(flipThreshold - 1);
  }

  canFlip(_flipTarget: FlipTarget, sameClassBound: number, otherClassDistance: number): boolean {
    return otherClassDistance <= sameClassBound;
  }
}
