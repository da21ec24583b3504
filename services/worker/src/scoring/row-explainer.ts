import { Explainer, type Model } from '@cytoqueue/classifier';
import { SampleCache } from '../sample-cache';

/** Cells of 4,000 records of nine features, some 4 MB. */
const MAX_CACHED_CELLS = 60_000;

/**
 * The evidence of one sample as cells, in the order of the registry's `explainColumns`. Keeps those of the latest
 * different samples: of 10,000 rows like the bundled data, 2,800 repeat an earlier one.
 */
export class RowExplainer {
  private readonly explainer: Explainer;
  private readonly cached: SampleCache<string[]>;

  constructor(
    private readonly model: Model,
    maxCachedCells = MAX_CACHED_CELLS,
  ) {
    this.explainer = new Explainer(model);
    this.cached = new SampleCache(Math.floor(maxCachedCells / this.width));
  }

  /** How many cells there are. */
  get width(): number {
    return FIXED_CELLS + this.explainer.shapleyNames.length;
  }

  /** The array is shared: not to be changed. */
  cells(sample: Float64Array, operatingPoint: 'default' | 'sensitivity99'): readonly string[] {
    return this.cached.get(sample, operatingPoint, () => this.explain(sample, operatingPoint));
  }

  private explain(sample: Float64Array, operatingPoint: 'default' | 'sensitivity99'): string[] {
    const { prediction, evidence } = this.explainer.explain(sample, { operatingPoint });
    const { neighbors } = prediction;
    const { conformal, shapley, flip } = evidence;
    const { labels } = this.model.schema;
    return [
      neighbors.map(({ trainingRow }) => trainingRow).join(';'),
      neighbors.map(({ label }) => labels[label]).join(';'),
      neighbors.map(({ distance }) => distance).join(';'),
      conformal?.set.join(';') ?? '',
      flip?.changes.map(({ feature, from, to }) => `${feature}:${from}>${to}`).join(';') ?? '',
      String(shapley.base),
      ...this.explainer.shapleyNames.map((name) => String(shapley.values[name])),
    ];
  }
}

/** Those before the Shapley values of the features. */
const FIXED_CELLS = 6;
