import type { Label } from '@cytoqueue/schema';
import type { ModelFile } from '../modelfile';
import { classRatioScore, plattProbability } from '../rule';
import type { GradeScale } from './gradescale';
import type { NearestGrades } from './nearestgrades';
import type { RowsOfClasses } from './standing';

/** The class that a sample has at a threshold. */
export interface Verdict {
  readonly label: Label;
  /** Smallest probability that is called malignant. */
  readonly threshold: number;
  /** What the other class must come to, in the rule's own terms. */
  readonly bar: number;
}

/**
 * A model's rule over sums of parts, `sums` + `more` row by row. Its probabilities are the classifier's to the last bit.
 */
export interface GradeRule {
  readonly k: number;
  /** Whether more rows than the k nearest of each class have a say. */
  readonly countsTies: boolean;

  verdict(label: Label, threshold: number): Verdict;

  probability(sums: Int32Array, more: Int32Array, rows: RowsOfClasses): number;

  /** How far the class of the verdict is at the most, seen from the few of its rows that were nearest before. */
  reach(sums: Int32Array, more: Int32Array, rows: RowsOfClasses, verdict: Verdict): number;

  /** How far the other class is, as a distance or a mean of distances; to be held against `reach`. */
  farness(sums: Int32Array, more: Int32Array, rows: RowsOfClasses, verdict: Verdict): number;

  /** False only where a sample with no more reach and no less farness surely keeps its class. */
  mayFlip(verdict: Verdict, reach: number, farness: number): boolean;
}

export function createGradeRule({ calibration, k }: ModelFile, scale: GradeScale, nearest: NearestGrades): GradeRule {
  return calibration === null ? new VoteRule(k, scale, nearest) : new ClassRatioRule(k, scale, nearest, calibration);
}

/** As a share of a distance; more than all rounding on the way to a probability. */
const ROUNDING = 1e-9;

class ClassRatioRule implements GradeRule {
  readonly countsTies = false;

  constructor(
    readonly k: number,
    private readonly scale: GradeScale,
    private readonly nearest: NearestGrades,
    private readonly calibration: NonNullable<ModelFile['calibration']>,
  ) {}

  /** The bar is the ratio of the mean distances, each with its ε, at which the class turns. */
  verdict(label: Label, threshold: number): Verdict {
    const { slope, intercept } = this.calibration.platt;
    const ratio = Math.exp((Math.log(threshold / (1 - threshold)) - intercept) / slope);
    // With a falling curve farther would mean likelier, and no bound would hold.
    const bar = slope > 0 ? (label === 0 ? 1 / ratio : ratio) * (1 + ROUNDING) : Infinity;
    return { label, threshold, bar };
  }

  probability(sums: Int32Array, more: Int32Array, { weights, spans }: RowsOfClasses): number {
    const { epsilon, platt } = this.calibration;
    const benignMean = this.nearest.select(sums, more, weights, spans[0]).mean();
    const malignantMean = this.nearest.select(sums, more, weights, spans[1]).mean();
    return plattProbability(classRatioScore(benignMean, malignantMean, epsilon), platt);
  }

  /** Mean distance to the k rows that were nearest before; the k nearest are no farther. */
  reach(sums: Int32Array, more: Int32Array, { weights, spans }: RowsOfClasses, { label }: Verdict): number {
    const { from, to } = spans[label];
    let [sum, rows] = [0, 0];
    for (let i = from; i < to && rows < this.k; i++) {
      sum += weights[i] * this.scale.distanceOf(sums[i] + more[i]);
      rows += weights[i];
    }
    return sum / rows;
  }

  /** Mean distance to the k nearest. */
  farness(sums: Int32Array, more: Int32Array, { weights, spans }: RowsOfClasses, { label }: Verdict): number {
    return this.nearest.select(sums, more, weights, spans[1 - label]).mean();
  }

  mayFlip({ bar }: Verdict, reach: number, farness: number): boolean {
    const { epsilon } = this.calibration;
    return farness + epsilon <= (reach + epsilon) * bar;
  }
}

class VoteRule implements GradeRule {
  readonly countsTies = true;

  constructor(
    readonly k: number,
    private readonly scale: GradeScale,
    private readonly nearest: NearestGrades,
  ) {}

  /** The bar is the number of the other class's votes without which it cannot win among k, and no fewer vote. */
  verdict(label: Label, threshold: number): Verdict {
    const bar = label === 0 ? Math.ceil(threshold * this.k) : Math.floor((1 - threshold) * this.k) + 1;
    return { label, threshold, bar: Math.max(1, bar) };
  }

  /** Share of malignant among all rows at or within the k-th distance. */
  probability(sums: Int32Array, more: Int32Array, { weights, all, spans }: RowsOfClasses): number {
    const nearest = this.nearest.select(sums, more, weights, all);
    const [benign, malignant] = spans.map((span) => nearest.countWithin(this.k - 1, sums, more, weights, span));
    return malignant / (malignant + benign);
  }

  /** Distance of the farthest of the k rows that were nearest before: no row beyond it has a vote. */
  reach(sums: Int32Array, more: Int32Array, { weights, spans }: RowsOfClasses, { label }: Verdict): number {
    const { from, to } = spans[label];
    let [farthest, rows] = [0, 0];
    for (let i = from; i < to && rows < this.k; i++) {
      const distance = this.scale.distanceOf(sums[i] + more[i]);
      if (distance > farthest) farthest = distance;
      rows += weights[i];
    }
    // Where a class has fewer than k rows, the other one may vote from anywhere.
    return rows < this.k ? Infinity : farthest;
  }

  /** Of the other class's row whose vote may be the decisive one. */
  farness(sums: Int32Array, more: Int32Array, { weights, spans }: RowsOfClasses, { label, bar }: Verdict): number {
    return this.nearest.select(sums, more, weights, spans[1 - label]).distanceAt(bar - 1);
  }

  mayFlip(_verdict: Verdict, reach: number, farness: number): boolean {
    return farness <= reach;
  }
}
