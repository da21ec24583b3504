import { Classifier, Explainer, type Prediction } from '@cytoqueue/classifier';
import type { ModelPin, NeighborDocument, PredictionResult } from '@cytoqueue/records';
import { type ModelRegistry, isOwn } from '@cytoqueue/registry';
import type { ClassNames } from '@cytoqueue/schema';

/** Explanations after which most of the code is compiled. */
const WARM_UP_RECORDS = 20;

/** Own models of tenants that stay loaded. */
const MAX_OWN = 8;

/** A loaded model version. Both parts hold scratch memory, so they are created once and reused. */
export interface Predictor {
  classifier: Classifier;
  explainer: Explainer;
  /** Latest results of single records, by operating point and sample. They are shared: do not change one. */
  results: Map<string, PredictionResult>;
}

/** Caches one classifier and one explainer per model digest. */
export class Predictors {
  private readonly loaded = new Map<string, Predictor>();
  /** Digests of own models, the least recently used one first. */
  private readonly own = new Set<string>();

  constructor(private readonly registry: ModelRegistry) {}

  /** @param tenant of the record or row */
  async load(pin: ModelPin, tenant?: string): Promise<Predictor> {
    const cached = this.loaded.get(pin.digest);
    // An own model may have been deleted since: the registry looks it up each time.
    if (cached !== undefined && !isOwn(pin.name)) return cached;
    const { model } = await this.registry.loadPinned(pin, tenant);
    if (cached !== undefined) return this.markUsed(pin, cached);
    const predictor = { classifier: new Classifier(model), explainer: new Explainer(model), results: new Map() };
    return this.markUsed(pin, predictor);
  }

  /** Keeps all shared versions, and the own ones that were used last. */
  private markUsed({ digest, name }: ModelPin, predictor: Predictor): Predictor {
    this.loaded.set(digest, predictor);
    if (!isOwn(name)) return predictor;
    this.own.delete(digest);
    this.own.add(digest);
    const [oldest] = this.own;
    if (this.own.size > MAX_OWN && oldest !== undefined) {
      this.own.delete(oldest);
      this.loaded.delete(oldest);
    }
    return predictor;
  }

  /**
   * Loads a model version and explains training records with it: the first record would otherwise take 100 ms longer.
   */
  async warmUp(pin: ModelPin): Promise<void> {
    const { classifier, explainer } = await this.load(pin);
    const { samples, featureCount, rows } = classifier.model.training;
    for (let row = 0; row < Math.min(rows, WARM_UP_RECORDS); row++) {
      const sample = samples.subarray(row * featureCount, (row + 1) * featureCount);
      classifier.predict(sample);
      explainer.explain(sample);
    }
  }
}

export function toNeighbors({ neighbors }: Prediction, names: string[], labels: ClassNames): NeighborDocument[] {
  return neighbors.map(({ trainingRow, label, distance, features }) => ({
    training_row: trainingRow,
    class: labels[label],
    distance,
    features: Object.fromEntries(names.map((name, feature) => [name, features[feature] ?? null])),
  }));
}
