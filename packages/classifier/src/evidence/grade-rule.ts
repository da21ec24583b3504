import type { Label } from '@cytoqueue/schema';
import type { ModelFile } from '../model/model-file';
import { classRatioScore, plattProbability } from '../knn/decision-rule';
import type { PackedMetric } from './packed-metric';
import type { NearestGrades } from './scalar-grade-search';
import type { ClassRanges } from './row-range';

/** The class that a sample has at a threshold. */
export interface FlipTarget {
  readonly label: Label;
  /** Smallest probability that is called malignant. */
  readonly threshold: number;
  /** What the other class must come to, in the rule's own terms. */
  readonly flipThreshold: number;
}

/**
 * A model's rule over sums of parts, `sums` + `more` row by row. Its probabilities are the classifier's to the last bit.
 */
export interface GradeRule {
  readonly k: number;
  /** Whether more rows than the k nearest of each class have a say. */
  readonly tiesVote: boolean;

  flipTarget(label: Label, threshold: number): FlipTarget;

  probability(packedDistances: Int32Array, deltas: Int32Array, rows: ClassRanges): number;

  /** How far the class of the verdict is at the most, seen from the few of its rows that were nearest before. */
  sameClassBound(packedDistances: Int32Array, deltas: Int32Array, rows: ClassRanges, flipTarget: FlipTarget): number;

  /** How far the other class is, as a distance or a mean of distances; to be held against `reach`. */
  otherClassDistance(
    packedDistances: Int32Array,
    deltas: Int32Array,
    rows: ClassRanges,
    flipTarget: FlipTarget,
  ): number;

  /** False only where a sample with no more reach and no less farness surely keeps its class. */
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

/** As a share of a distance; more than all rounding on the way to a probability. */
const ROUNDING = 1e-9;

class ClassRatioRule implements GradeRule {
  readonly tiesVote = false;

  constructor(
    readonly k: number,
    private readonly packedMetric: PackedMetric,
    private readonly nearest: NearestGrades,
    private readonly calibration: NonNullable<ModelFile['calibration']>,
  ) {}

  /** The bar is the ratio of the mean distances, each with its ε, at which the class turns. */
  flipTarget(label: Label, threshold: number): FlipTarget {
    const { slope, intercept } = this.calibration.platt;
    const ratio = Math.exp((Math.log(threshold / (1 - threshold)) - intercept) / slope);
    // With a falling curve farther would mean likelier, and no bound would hold.
    const flipThreshold = slope > 0 ? (label === 0 ? 1 / ratio : ratio) * (1 + ROUNDING) : Infinity;
    return { label, threshold, flipThreshold };
  }

  probability(packedDistances: Int32Array, deltas: Int32Array, { multiplicities, classRanges }: ClassRanges): number {
    const { epsilon, platt } = this.calibration;
    const benignMean = this.nearest.select(packedDistances, deltas, multiplicities, classRanges[0]).mean();
    const malignantMean = this.nearest.select(packedDistances, deltas, multiplicities, classRanges[1]).mean();
    return plattProbability(classRatioScore(benignMean, malignantMean, epsilon), platt);
  }

  /** Mean distance to the k rows that were nearest before; the k nearest are no farther. */
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

  /** Mean distance to the k nearest. */
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

  /** The bar is the number of the other class's votes without which it cannot win among k, and no fewer vote. */
  flipTarget(label: Label, threshold: number): FlipTarget {
    const flipThreshold = label === 0 ? Math.ceil(threshold * this.k) : Math.floor((1 - threshold) * this.k) + 1;
    return { label, threshold, flipThreshold: Math.max(1, flipThreshold) };
  }

  /** Share of malignant among all rows at or within the k-th distance. */
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

  /** Distance of the farthest of the k rows that were nearest before: no row beyond it has a vote. */
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
    // Where a class has fewer than k rows, the other one may vote from anywhere.
    return rows < this.k ? Infinity : farthest;
  }

  /** Of the other class's row whose vote may be the decisive one. */
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

  canFlip(_verdict: FlipTarget, sameClassBound: number, otherClassDistance: number): boolean {
    return otherClassDistance <= sameClassBound;
  }
}
