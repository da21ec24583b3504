import {
  ClassDistribution,
  lengthPowersOf,
  logarithmOffset,
  type NoveltyFile,
  type TrainingSet,
  createRandom,
} from '@cytoqueue/classifier';
import type { Label, Schema } from '@cytoqueue/schema';
import { inverse, Matrix } from 'ml-matrix';
import { assignFolds } from '../evaluation/folds';

/** How strict the rule is. */
export interface NoveltyOptions {
  /** Share of each class's training rows, left out and measured, that each limit lets pass. */
  readonly quantile: number;
  /** Whether records are checked for another magnification, where the schema has sizes. */
  readonly checksMagnification: boolean;
}

/** Share by which covariances are pulled towards 0, so that a few dozen rows do not make a singular matrix. */
const SHRINKAGE = 0.05;
/** A new patient's value may well lie a little beyond those of some hundred others; a quarter beyond, it hardly ever does. */
const RANGE_MARGIN = 1.25;
const FOLDS = 10;
const SEED = 7;

/** The distributions of both classes, and how its rows score when they are left out: what every strictness has in common. */
export class NoveltyFit {
  private readonly heldOut: readonly HeldOutScores[];
  private readonly base: Omit<NoveltyFile, 'classes' | 'length_powers'>;
  private readonly lengthPowers: number[] | null;
  private readonly distributions: readonly Distribution[];

  constructor(training: TrainingSet, groups: Int32Array, schema: Schema) {
    const { featureCount, samples, labels } = training;
    const column = (feature: number) => samples.filter((_, index) => index % featureCount === feature);
    const columns = Array.from({ length: featureCount }, (_, feature) => column(feature).toSorted());
    const offsets = columns.map(logarithmOffset);
    this.base = {
      offsets,
      lowest: columns.map((values) => values[0]),
      highest: columns.map((values) => values[values.length - 1]),
      range_margin: RANGE_MARGIN,
    };
    this.lengthPowers = lengthPowersOf(schema);
    const rows = Array.from(labels, (_, row) =>
      Float64Array.from(offsets, (offset, feature) => Math.log(samples[row * featureCount + feature] + offset)),
    );
    const foldOfRow = assignFolds(labels, groups, FOLDS, createRandom(SEED));
    const rowsOf = (label: Label) => Array.from(rows.keys()).filter((row) => labels[row] === label);
    this.distributions = ([0, 1] as const).map((label) => distributionOf(rowsOf(label).map((row) => rows[row])));
    this.heldOut = ([0, 1] as const).map((label) => this.scoreHeldOut(rowsOf(label), rows, foldOfRow));
  }

  at({ quantile, checksMagnification }: NoveltyOptions): NoveltyFile {
    const powers = checksMagnification ? this.lengthPowers : null;
    const classOf = (label: Label) => ({
      ...this.distributions[label],
      distance_limit: lowestAbove(this.heldOut[label].distances, quantile),
      magnification_limit: powers === null ? null : lowestAbove(this.heldOut[label].magnifications, quantile),
    });
    return { ...this.base, length_powers: powers, classes: [classOf(0), classOf(1)] };
  }

  private scoreHeldOut(own: readonly number[], rows: readonly Float64Array[], foldOfRow: Int32Array): HeldOutScores {
    const powers = this.lengthPowers ?? this.base.offsets.map(() => 0);
    const [distances, magnifications]: number[][] = [[], []];
    for (let fold = 0; fold < FOLDS; fold++) {
      const kept = own.filter((row) => foldOfRow[row] !== fold).map((row) => rows[row]);
      const distribution = new ClassDistribution(distributionOf(kept), powers);
      for (const row of own.filter((one) => foldOfRow[one] === fold)) {
        distances.push(distribution.distance(rows[row]));
        magnifications.push(Math.abs(distribution.magnificationScore(rows[row])));
      }
    }
    return { distances: Float64Array.from(distances).sort(), magnifications: Float64Array.from(magnifications).sort() };
  }
}

/** Ascending, of one class's rows. */
interface HeldOutScores {
  readonly distances: Float64Array;
  readonly magnifications: Float64Array;
}

interface Distribution {
  readonly mean: number[];
  readonly precision: number[];
}

function distributionOf(rows: readonly Float64Array[]): Distribution {
  const features = Array.from(rows[0].keys());
  const mean = features.map((feature) => rows.reduce((sum, row) => sum + row[feature], 0) / rows.length);
  const covariance = features.map((one) =>
    features.map((other) => {
      const sum = rows.reduce((total, row) => total + (row[one] - mean[one]) * (row[other] - mean[other]), 0);
      return (sum / (rows.length - 1)) * (one === other ? 1 : 1 - SHRINKAGE);
    }),
  );
  const precision = inverse(new Matrix(covariance));
  return {
    mean,
    precision: features.flatMap((row) => features.slice(0, row + 1).map((column) => precision.get(row, column))),
  };
}

/** The smallest value that at least such a share of them does not exceed. */
function lowestAbove(ascending: Float64Array, share: number): number {
  return ascending[Math.ceil(share * ascending.length) - 1];
}
