import { Explainer, type Model } from '@cytoqueue/classifier';

/** Cells of 4,000 records of nine features, some 4 MB. */
const MAX_CACHED_CELLS = 60_000;

/**
 * The evidence of one sample as cells, in the order of the registry's `explainColumns`. Keeps those of the latest
 * different samples: of 10,000 rows like the bundled data, 2,800 repeat an earlier one.
 */
export class RowExplainer {
  private readonly explainer: Explainer;
  /** By operating point and sample, the oldest first. */
  private readonly cached = new Map<string, string[]>();

  constructor(
    private readonly model: Model,
    private readonly maxCachedCells = MAX_CACHED_CELLS,
  ) {
    this.explainer = new Explainer(model);
  }

  /** How many cells there are. */
  get width(): number {
    return FIXED_CELLS + this.explainer.shapleyNames.length;
  }

  /** The array is shared: not to be changed. */
  cells(sample: Float64Array, operatingPoint: 'default' | 'sensitivity99'): readonly string[] {
    const { cached } = this;
    const key = `${operatingPoint},${sample.join()}`;
    let cells = cached.get(key);
    if (cells !== undefined) return cells;
    cached.set(key, (cells = this.explain(sample, operatingPoint)));
    if (cached.size * this.width > this.maxCachedCells) cached.delete(cached.keys().next().value as string);
    return cells;
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
