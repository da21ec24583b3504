import { Explainer, type Model } from '@cytoqueue/classifier';

/** The evidence of one sample as cells, in the order of the registry's `explainColumns`. */
export class RowExplainer {
  private readonly explainer: Explainer;

  constructor(private readonly model: Model) {
    this.explainer = new Explainer(model);
  }

  /** How many cells there are. */
  get width(): number {
    return FIXED_CELLS + this.explainer.shapleyNames.length;
  }

  cells(sample: ArrayLike<number>, operatingPoint: 'default' | 'sensitivity99'): string[] {
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
