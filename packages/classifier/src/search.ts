import { type Distances, type Metric, metrics, type TrainingColumns } from './metric';
import type { TrainingSet } from './model';
import type { MetricName, ModelFile } from './modelfile';
import type { NearestRows, RowsByLabel } from './nearest';

export type Scaling = ModelFile['scaling'];

/** Row-major samples. In bytes 0 means not measured, in doubles NaN does. */
export type Samples = Uint8Array | Float64Array;

/**
 * Distances from one sample at a time to all training rows. Owns its scratch, so that nothing is allocated for a
 * sample; not to be shared between threads.
 */
export class Search {
  readonly metric: Metric;
  readonly distances: Distances;
  readonly rowsByLabel: RowsByLabel;
  private readonly columns: TrainingColumns;
  private readonly sample: Float64Array;

  constructor(
    readonly training: TrainingSet,
    metric: MetricName,
    private readonly scaling: Scaling,
  ) {
    const { rows, featureCount, labels } = training;
    this.metric = metrics[metric];
    this.distances = { numerators: new Float64Array(rows), denominators: new Float64Array(rows) };
    const allRows = Int32Array.from(labels, (_, row) => row);
    this.rowsByLabel = [allRows.filter((row) => labels[row] === 0), allRows.filter((row) => labels[row] === 1)];
    this.columns = columnsOf(training, scaling);
    this.sample = new Float64Array(featureCount);
  }

  /**
   * Takes the sample that begins at `offset` and measures it against every training row.
   * @returns bit mask of the features that were not measured
   * @throws RangeError when no feature was measured
   */
  measure(samples: Samples, offset: number): number {
    const { sample, scaling } = this;
    const hasZeroForMissing = samples instanceof Uint8Array;
    let missing = 0;
    let measured = 0;
    for (let feature = 0; feature < sample.length; feature++) {
      const value = samples[offset + feature];
      if (Number.isNaN(value) || (hasZeroForMissing && value === 0)) {
        missing |= 1 << feature;
        sample[feature] = NaN;
      } else {
        measured++;
        sample[feature] = scaled(value, feature, scaling);
      }
    }
    if (measured === 0) throw new RangeError('a sample without any measured feature has no distances');
    this.metric.measure(sample, this.columns, this.distances);
    return missing;
  }

  /** The distance of the row at a place of a selection. */
  distanceAt({ numerators, denominators }: NearestRows, place: number): number {
    return this.metric.valueOf(numerators[place], denominators[place]);
  }

  /** Mean distance of the selected rows, summed from the nearest on. */
  meanDistance(nearest: NearestRows): number {
    let sum = 0;
    for (let place = 0; place < nearest.count; place++) sum += this.distanceAt(nearest, place);
    return sum / nearest.count;
  }
}

function columnsOf({ samples, rows, featureCount }: TrainingSet, scaling: Scaling): TrainingColumns {
  const values = Array.from({ length: featureCount }, () => new Float64Array(rows));
  const rowSums = new Float64Array(rows);
  samples.forEach((value, index) => {
    const feature = index % featureCount;
    const row = (index - feature) / featureCount;
    values[feature][row] = scaled(value, feature, scaling);
    rowSums[row] += values[feature][row];
  });
  return { values, rowSums };
}

function scaled(value: number, feature: number, scaling: Scaling): number {
  return scaling === null ? value : (value - scaling.center[feature]) / scaling.scale[feature];
}
