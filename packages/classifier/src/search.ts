import { type Distances, type Metric, metrics, type Query } from './metric';
import type { TrainingSet } from './model';
import type { MetricName, ModelFile } from './modelfile';
import type { NearestRows } from './nearest';

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
  /** Indexes of all training rows, and of those of either class; ascending. */
  readonly allRows: Int32Array;
  readonly rowsByLabel: readonly [benign: Int32Array, malignant: Int32Array];
  private readonly compared: TrainingSet;
  private readonly query: Query;

  constructor(
    readonly training: TrainingSet,
    metric: MetricName,
    private readonly scaling: Scaling,
  ) {
    const { rows, featureCount, labels } = training;
    this.metric = metrics[metric];
    this.distances = { numerators: new Float64Array(rows), denominators: new Float64Array(rows) };
    this.allRows = Int32Array.from(labels, (_, row) => row);
    this.rowsByLabel = [this.allRows.filter((row) => labels[row] === 0), this.allRows.filter((row) => labels[row] === 1)];
    this.query = { values: new Float64Array(featureCount), measured: new Int32Array(featureCount), measuredCount: 0 };
    this.compared = { ...training, samples: scaleSamples(training.samples, scaling) };
  }

  /**
   * Takes the sample that begins at `offset` and measures it against every training row.
   * @returns bit mask of the features that were not measured
   * @throws RangeError when no feature was measured
   */
  measure(samples: Samples, offset: number): number {
    const missing = this.load(samples, offset);
    if (this.query.measuredCount === 0) throw new RangeError('a sample without any measured feature has no distances');
    this.metric.measure(this.query, this.compared, this.distances);
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

  private load(samples: Samples, offset: number): number {
    const { query, scaling } = this;
    const hasZeroForMissing = samples instanceof Uint8Array;
    let missing = 0;
    query.measuredCount = 0;
    for (let feature = 0; feature < query.values.length; feature++) {
      const value = samples[offset + feature];
      if (Number.isNaN(value) || (hasZeroForMissing && value === 0)) missing |= 1 << feature;
      else {
        query.values[feature] = scaling === null ? value : (value - scaling.center[feature]) / scaling.scale[feature];
        query.measured[query.measuredCount++] = feature;
      }
    }
    return missing;
  }
}

function scaleSamples(samples: Float64Array, scaling: Scaling): Float64Array {
  if (scaling === null) return samples;
  const { center, scale } = scaling;
  return samples.map((value, index) => (value - center[index % center.length]) / scale[index % scale.length]);
}
