import type { TrainingSet } from '@cytoqueue/classifier';
import { quantile } from '../quantile';

/** Bound once: Jest runs tests in a vm context, where reading a global is slow. */
const { abs, sqrt } = Math;

export type CandidateScaling = 'raw' | 'z-score' | 'min-max' | 'robust';
export type CandidateMetric = 'euclidean' | 'manhattan' | 'bray-curtis' | 'canberra';

/** A metric with a scaling. */
export interface DistanceConfig {
  readonly metric: CandidateMetric;
  readonly scaling: CandidateScaling;
}

/**
 * Configurations that are compared. Bray-Curtis and Canberra relate differences to the values, so they need raw values.
 * Canberra is included rather than Chebyshev: it normalizes each feature as Bray-Curtis normalizes the sum, while
 * Chebyshev distance ignores all features but the one with the largest difference.
 */
export const distanceConfigs: readonly DistanceConfig[] = [
  ...(['raw', 'z-score', 'min-max', 'robust'] as const).flatMap((scaling) => [
    { metric: 'euclidean', scaling } as const,
    { metric: 'manhattan', scaling } as const,
  ]),
  { metric: 'bray-curtis', scaling: 'raw' },
  { metric: 'canberra', scaling: 'raw' },
];

/**
 * Distances between all rows, rows × rows.
 * @param train the rows that the scaling may be fitted to
 */
export function distanceMatrix(distanceConfig: DistanceConfig, training: TrainingSet, train: Int32Array): Float64Array {
  const { rows, featureCount } = training;
  const values = scaleValues(distanceConfig.scaling, training, train);
  const distances = new Float64Array(rows * rows);
  const distanceOf = distanceFunctions[distanceConfig.metric];
  for (let row = 1; row < rows; row++) {
    for (let other = 0; other < row; other++) {
      const distance = distanceOf(values, row * featureCount, other * featureCount, featureCount);
      distances[row * rows + other] = distance;
      distances[other * rows + row] = distance;
    }
  }
  return distances;
}

type DistanceFunction = (values: Float64Array, a: number, b: number, count: number) => number;

const distanceFunctions: Record<CandidateMetric, DistanceFunction> = {
  euclidean(values, a, b, count) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += (values[a + i] - values[b + i]) ** 2;
    return sqrt(sum);
  },
  manhattan(values, a, b, count) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += abs(values[a + i] - values[b + i]);
    return sum;
  },
  'bray-curtis'(values, a, b, count) {
    let [differences, sums] = [0, 0];
    for (let i = 0; i < count; i++) {
      differences += abs(values[a + i] - values[b + i]);
      sums += values[a + i] + values[b + i];
    }
    return sums === 0 ? 0 : differences / sums;
  },
  canberra(values, a, b, count) {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const difference = abs(values[a + i] - values[b + i]);
      if (difference > 0) sum += difference / (values[a + i] + values[b + i]);
    }
    return sum;
  },
};

function scaleValues(
  kind: CandidateScaling,
  { samples, rows, featureCount }: TrainingSet,
  train: Int32Array,
): Float64Array {
  if (kind === 'raw') return samples;
  const scaled = new Float64Array(samples.length);
  for (let feature = 0; feature < featureCount; feature++) {
    const { center, scale } = fitColumnScaling(
      kind,
      Float64Array.from(train, (row) => samples[row * featureCount + feature]),
    );
    for (let i = feature; i < rows * featureCount; i += featureCount) scaled[i] = (samples[i] - center) / scale;
  }
  return scaled;
}

/** A column that is constant in the train rows keeps scale 1. */
function fitColumnScaling(
  kind: Exclude<CandidateScaling, 'raw'>,
  values: Float64Array,
): { center: number; scale: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  if (kind === 'z-score') return { center: mean, scale: deviation || 1 };
  const [minimum, maximum] = [quantile(values, 0), quantile(values, 1)];
  if (kind === 'min-max') return { center: minimum, scale: maximum - minimum || 1 };
  // `mitoses` is mostly 1, so that its quartiles are equal: use the standard deviation instead.
  return { center: quantile(values, 0.5), scale: quantile(values, 0.75) - quantile(values, 0.25) || deviation || 1 };
}
