import type { KernelModel } from '../kernel/kernel';
import { countWithin } from './probability';
import { ClassNeighbors, type NearestRows } from './nearest';
import { BruteForceSearch, type Samples } from './search';

export interface ClassScores {
  /** By the model's rule. `class-ratio`: mean distance to the k nearest rows of the class, smaller is closer; `votes`: number of votes. */
  readonly benignScore: number;
  readonly malignantScore: number;
  /** Whether the k-th nearest row is beyond the model's far limit. */
  readonly isFar: boolean;
}

/**
 * Reference implementation: the specification of every kernel, and the fallback for samples that no kernel answers.
 * Compares one sample at a time with all training rows. Works on any model and any sample with a measured feature.
 */
export class ReferenceKnn {
  private readonly search: BruteForceSearch;
  private readonly neighborhood: ClassNeighbors;

  constructor(private readonly model: KernelModel) {
    const { metric, scaling, k } = model.file;
    this.search = new BruteForceSearch(model.training, metric, scaling);
    this.neighborhood = new ClassNeighbors(k);
  }

  /** The k nearest rows of both classes together. */
  get nearest(): NearestRows {
    return this.neighborhood.all;
  }

  /**
   * Scores the sample that begins at `offset`.
   * @throws RangeError when no feature was measured
   */
  score(samples: Samples, offset: number): ClassScores {
    const { search, neighborhood, model } = this;
    search.computeDistances(samples, offset);
    const { benign, malignant, all } = neighborhood.selectFrom(search.distances, search.rowsByLabel);
    const isVotes = model.file.rule === 'votes';
    const [benignRows, malignantRows] = search.rowsByLabel;
    return {
      benignScore: isVotes ? countWithin(search.distances, benignRows, all) : search.meanDistance(benign),
      malignantScore: isVotes ? countWithin(search.distances, malignantRows, all) : search.meanDistance(malignant),
      isFar: isBeyondFarLimit(all, model.file.alarm),
    };
  }

  /** The k nearest rows of both classes together, for any k. */
  findNearest(samples: Samples, k: number): NearestRows {
    this.search.computeDistances(samples, 0);
    return new ClassNeighbors(k).selectFrom(this.search.distances, this.search.rowsByLabel).all;
  }

  distanceAt(nearest: NearestRows, rank: number): number {
    return this.search.distanceAt(nearest, rank);
  }
}

/** @param farLimit the member `alarm` of the model file */
function isBeyondFarLimit(
  { numerators, denominators, count }: NearestRows,
  farLimit: { numerator: number; denominator: number },
): boolean {
  return numerators[count - 1] * farLimit.denominator > farLimit.numerator * denominators[count - 1];
}
