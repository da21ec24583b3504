import { Classifier, Explainer, type Prediction } from '@cytoqueue/classifier';
import type { ModelPin, NeighborDocument } from '@cytoqueue/records';
import type { ModelRegistry } from '@cytoqueue/registry';

/** A loaded model version. Both parts hold scratch memory, so they are created once and reused. */
export interface Predictor {
  classifier: Classifier;
  explainer: Explainer;
}

/** Keeps the model versions that single records and rows were explained by, by digest. */
export class Predictors {
  private readonly loaded = new Map<string, Predictor>();

  constructor(private readonly registry: ModelRegistry) {}

  async load(pin: ModelPin): Promise<Predictor> {
    const cached = this.loaded.get(pin.digest);
    if (cached !== undefined) return cached;
    const { model } = await this.registry.loadPinned(pin);
    const predictor = { classifier: new Classifier(model), explainer: new Explainer(model) };
    this.loaded.set(pin.digest, predictor);
    return predictor;
  }
}

export function toNeighbors(
  { neighbors }: Prediction,
  names: string[],
  labels: readonly ['benign', 'malignant'],
): NeighborDocument[] {
  return neighbors.map(({ trainingRow, label, distance, features }) => ({
    training_row: trainingRow,
    class: labels[label],
    distance,
    features: Object.fromEntries(names.map((name, feature) => [name, features[feature] ?? null])),
  }));
}
