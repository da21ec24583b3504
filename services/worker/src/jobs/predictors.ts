import { Explainer, type Prediction } from '@cytoqueue/classifier';
import type { ModelPin, NeighborDocument, PredictionResult } from '@cytoqueue/records';
import { type ModelRegistry, isOwn } from '@cytoqueue/registry';
import type { ClassNames } from '@cytoqueue/schema';
import { SampleCache } from '../sample-cache';

/** Explanations after which most of the code is compiled. */
const WARM_UP_RECORDS = 20;

/**
 * Limits the cached results of each model to 500 records of nine features, about 2 MB. Records of grades recur: a third
 * of the 699 bundled ones are copies of another one, and a cached copy saves 1.2 ms of CPU time.
 */
const MAX_CACHED_VALUES = 4_500;

/**
 * Bytes of the files of own models that stay loaded: the one in use counts, and stays even if it alone is larger. What is
 * made of a file takes about as much again.
 */
const MAX_OWN_BYTES = 64 * 1024 * 1024;

/** A loaded model version. The explainer holds scratch memory, so it is created once and reused. */
export interface Predictor {
  explainer: Explainer;
  /** Latest results of single records. */
  cachedResults: SampleCache<PredictionResult>;
}

/** Caches one predictor per model digest. */
export class Predictors {
  private readonly loaded = new Map<string, Predictor>();
  /** Bytes of the files of own models by digest, the least recently used one first. */
  private readonly own = new Map<string, number>();

  constructor(
    private readonly registry: ModelRegistry,
    private readonly maxOwnBytes = MAX_OWN_BYTES,
  ) {}

  /** @param tenant of the record or row */
  async load(pin: ModelPin, tenant?: string): Promise<Predictor> {
    const cached = this.loaded.get(pin.digest);
    // An own model may have been deleted since: the registry looks it up each time.
    if (cached !== undefined && !isOwn(pin.name)) return cached;
    const { model, bytes } = await this.registry.loadPinned(pin, tenant);
    if (cached !== undefined) return this.markUsed(pin, cached, bytes.length);
    const predictor = {
      explainer: new Explainer(model),
      cachedResults: new SampleCache<PredictionResult>(Math.floor(MAX_CACHED_VALUES / model.schema.features.length)),
    };
    return this.markUsed(pin, predictor, bytes.length);
  }

  /** Keeps all shared versions, and the own ones that were used last. */
  private markUsed({ digest, name }: ModelPin, predictor: Predictor, fileBytes: number): Predictor {
    this.loaded.set(digest, predictor);
    if (!isOwn(name)) return predictor;
    this.own.delete(digest);
    this.own.set(digest, fileBytes);
    let total = [...this.own.values()].reduce((sum, bytes) => sum + bytes, 0);
    for (const [oldest, bytes] of this.own) {
      if (oldest === digest || total <= this.maxOwnBytes) break;
      this.own.delete(oldest);
      this.loaded.delete(oldest);
      total -= bytes;
    }
    return predictor;
  }

  /**
   * Loads a model version and explains training rows with it: the first record would otherwise take 100 ms longer.
   */
  async warmUp(pin: ModelPin): Promise<void> {
    const { explainer } = await this.load(pin);
    const { samples, featureCount, rows } = explainer.model.training;
    for (let row = 0; row < Math.min(rows, WARM_UP_RECORDS); row++)
      explainer.explain(samples.subarray(row * featureCount, (row + 1) * featureCount));
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
