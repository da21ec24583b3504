import type { KernelModel } from '../kernel/kernel';
import { countWithin } from './probability';
import { ClassNeighbors, type NearestRows } from './nearest';
import { BruteForceSearch, type Samples } from './search';

/**
 * Reference implementation: the specification of every kernel, and the fallback for samples that no kernel answers.
 * Compares one sample at a time with all training rows. Works on any model and any sample with a measured feature.
 */
export class ReferenceKnn {
  /** Per class: the mean distance to its k nearest rows, or its votes, as the model's rule needs. */
  benign = 0;
  malignant = 0;
  /** True when the k-th nearest row is beyond the alarm distance. */
  isFar = false;
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
  score(samples: Samples, offset: number): void {
    const { search, neighborhood, model } = this;
    search.computeDistances(samples, offset);
    const { benign, malignant, all } = neighborhood.selectFrom(search.distances, search.rowsByLabel);
    if (model.file.rule === 'votes') {
      this.benign = countWithin(search.distances, search.rowsByLabel[0], all);
      this.malignant = countWithin(search.distances, search.rowsByLabel[1], all);
    } else {
      this.benign = search.meanDistance(benign);
      this.malignant = search.meanDistance(malignant);
    }
    this.isFar = exceedsAlarm(all, model.file.alarm);
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

function exceedsAlarm(
  { numerators, denominators, count }: NearestRows,
  alarm: { numerator: number; denominator: number },
): boolean {
  return numerators[count - 1] * alarm.denominator > alarm.numerator * denominators[count - 1];
}
