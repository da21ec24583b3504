import { hasGrades } from '@cytoqueue/schema';
import {
  ClassMix,
  type DriftLimits,
  lengthPowersOf,
  magnificationOf,
  meanEffect,
  type Model,
  OtherScales,
  createRandom,
  type Random,
  type TrainingSet,
} from '@cytoqueue/classifier';

const SEED = 11;
const SAMPLES = 200;
const sizes = [30, 100, 300];
/** Shares of malignant rows: either class alone, and both. */
const shares = [0, 1, 0.4];
/** Quantile over the samples of one size and mix. */
const QUANTILE = 0.995;

/** Measures how far random samples of the training rows, of any mix of classes, differ from them by chance. */
export function fitDriftLimits(model: Pick<Model, 'schema' | 'training'>): DriftLimits {
  const mix = new ClassMix(model);
  const scales = hasGrades(model.schema) ? new OtherScales(model) : undefined;
  const powers = lengthPowersOf(model.schema);
  const random = createRandom(SEED);
  const drawCounts = createDraws(model.training, mix.bins, random);
  const worst = { largest_effect: 0, mean_effect: 0, scale_gain: LEAST_SCALE_GAIN, magnification: 0 };
  for (const rows of sizes) {
    for (const share of shares) {
      const drawn = Array.from({ length: SAMPLES }, () => {
        const counts = drawCounts(rows, share);
        const comparison = mix.compare(counts);
        return {
          largest_effect: Math.max(...comparison.effects),
          mean_effect: meanEffect(comparison),
          scale_gain: scales?.findBestScale(counts, comparison).gain ?? 0,
          magnification: Math.abs(magnificationOf(mix, powers, comparison) ?? 0),
        };
      });
      for (const name of Object.keys(worst) as (keyof typeof worst)[]) {
        const ascending = drawn.map((statistics) => statistics[name]).sort((a, b) => a - b);
        worst[name] = Math.max(worst[name], Math.sqrt(rows) * ascending[Math.ceil(QUANTILE * SAMPLES) - 1]);
      }
    }
  }
  return {
    ...worst,
    scale_gain: scales === undefined ? null : worst.scale_gain,
    magnification: powers === null ? null : worst.magnification,
  };
}

/** Positive, so that a scale must be better than the training data's own by something. */
const LEAST_SCALE_GAIN = 0.15;

/** @returns the counts, as `ValueBins.count` gives them, of training rows drawn at random with a share of malignant ones */
function createDraws(
  { labels, featureCount, samples }: TrainingSet,
  bins: ClassMix['bins'],
  random: Random,
): (rows: number, malignantShare: number) => Uint32Array {
  const { binsPerFeature } = bins;
  const rowsOf = [0, 1].map((label) => Array.from(labels.keys()).filter((row) => labels[row] === label));
  // Each row is drawn hundreds of times.
  const places = Int32Array.from(samples, (value, index) => {
    const feature = index % featureCount;
    return feature * binsPerFeature + bins.binOf(value, feature);
  });
  return (rows, malignantShare) => {
    const counts = new Uint32Array(featureCount * binsPerFeature);
    for (let row = 0; row < rows; row++) {
      const candidates = rowsOf[random() < malignantShare ? 1 : 0];
      const from = candidates[Math.floor(random() * candidates.length)] * featureCount;
      for (let at = from; at < from + featureCount; at++) counts[places[at]]++;
    }
    return counts;
  };
}
