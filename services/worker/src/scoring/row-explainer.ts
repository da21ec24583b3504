import { Explainer, type Model } from '@cytoqueue/classifier';
import { SampleCache } from '../sample-cache';

/** Cells of 4,000 records of nine features, some 4 MB. */
const MAX_CACHED_CELLS = 60_000;

/**
 * The evidence of one sample as cells, in the order of `explainColumns` (packages/records). Keeps those of the latest
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
    const cells = [
      joined(neighbors, ({ trainingRow }) => trainingRow),
      joined(neighbors, ({ label }) => labels[label]),
      joined(neighbors, ({ distance }) => distance),
      joined(conformal?.set ?? [], (name) => name),
      joined(flip?.changes ?? [], ({ feature, from, to }) => `${feature}:${from}>${to}`),
      String(shapley.base),
    ];
    for (const name of this.explainer.shapleyNames) cells.push(String(shapley.values[name]));
    return cells;
  }
}

/** Those before the Shapley values of the features. */
const FIXED_CELLS = 6;

/** Does what `map` and `join` do, which the compiler optimizes again for each kind of array that `map` returns. */
function joined<T>(items: readonly T[], toCell: (item: T) => string | number): string {
  let text = '';
  let separator = '';
  for (const item of items) {
    text += separator + toCell(item);
    separator = ';';
  }
  return text;
}
