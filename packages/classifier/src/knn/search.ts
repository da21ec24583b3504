import { type DistanceFractions, type DistanceMetric, distanceMetrics, type TrainingColumns } from './metric';
import type { TrainingSet } from '../model/model';
import type { MetricName, ModelFile } from '../model/model-file';
import type { NearestRows, RowsByLabel } from './nearest';

export type Scaling = ModelFile['scaling'];

/** Row-major samples. Not measured is 0 in bytes and NaN in doubles. */
export type Samples = Uint8Array | Float64Array;

/**
 * Computes the distances from one sample at a time to all training rows. Owns scratch memory, so that it allocates
 * nothing per sample: use one instance per thread.
 */
export class BruteForceSearch {
  readonly metric: DistanceMetric;
  readonly distances: DistanceFractions;
  readonly rowsByLabel: RowsByLabel;
  private readonly columns: TrainingColumns;
  private readonly sample: Float64Array;

  constructor(
    readonly training: TrainingSet,
    metric: MetricName,
    private readonly scaling: Scaling,
  ) {
    const { rows, featureCount, labels } = training;
    this.metric = distanceMetrics[metric];
    this.distances = { numerators: new Float64Array(rows), denominators: new Float64Array(rows) };
    const allRows = Int32Array.from(labels, (_, row) => row);
    this.rowsByLabel = [allRows.filter((row) => labels[row] === 0), allRows.filter((row) => labels[row] === 1)];
    this.columns = toTrainingColumns(training, scaling);
    this.sample = new Float64Array(featureCount);
  }

  /**
   * Computes the distances of the sample that begins at `offset`.
   * @throws RangeError when no feature was measured
   */
  computeDistances(samples: Samples, offset: number): void {
    const { sample, scaling } = this;
    const hasZeroForMissing = samples instanceof Uint8Array;
    let measuredCount = 0;
    for (let feature = 0; feature < sample.length; feature++) {
      const value = samples[offset + feature];
      if (Number.isNaN(value) || (hasZeroForMissing && value === 0)) {
        sample[feature] = NaN;
      } else {
        measuredCount++;
        sample[feature] = scaleValue(value, feature, scaling);
      }
    }
    if (measuredCount === 0) throw new RangeError('a sample without any measured feature has no distances');
    this.metric.computeDistances(sample, this.columns, this.distances);
  }

  /** Distance of the row at a rank of a selection. */
  distanceAt({ numerators, denominators }: NearestRows, rank: number): number {
    return this.metric.toDistance(numerators[rank], denominators[rank]);
  }

  /** Mean distance of the selected rows, summed in ascending order. */
  meanDistance(nearest: NearestRows): number {
    let sum = 0;
    for (let rank = 0; rank < nearest.count; rank++) sum += this.distanceAt(nearest, rank);
    return sum / nearest.count;
  }
}

function toTrainingColumns({ samples, rows, featureCount }: TrainingSet, scaling: Scaling): TrainingColumns {
  const values = Array.from({ length: featureCount }, () => new Float64Array(rows));
  const rowSums = new Float64Array(rows);
  samples.forEach((value, index) => {
    const feature = index % featureCount;
    const row = (index - feature) / featureCount;
    values[feature][row] = scaleValue(value, feature, scaling);
    rowSums[row] += values[feature][row];
  });
  return { values, rowSums };
}

function scaleValue(value: number, feature: number, scaling: Scaling): number {
  return scaling === null ? value : (value - scaling.center[feature]) / scaling.scale[feature];
}
