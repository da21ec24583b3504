/*
 * Delivery: at least once; effect: exactly once. Order: the result (written once; whoever comes first has decided how the
 * record ended), then the pending marker goes. Dead between the two, the record is scored again to the same bytes.
 */
import { Classifier, Explainer, type Prediction } from '@cytoqueue/classifier';
import type { PredictionJob } from '@cytoqueue/queue';
import type { ModelRegistry } from '@cytoqueue/registry';
import {
  ObjectKeys,
  type PredictionCompletion,
  type PredictionRequest,
  type PredictionResult,
  findDocument,
  predictionCompletionShape,
  predictionRequestShape,
  readDocument,
  sealDocument,
} from '@cytoqueue/records';
import { ObjectMismatchError, type ObjectStore } from '@cytoqueue/storage';

/** What one model version needs to answer; both parts hold scratch space. */
interface Predictor {
  classifier: Classifier;
  explainer: Explainer;
}

/**
 * Scores one record. Delivery is at least once; the result is written once, so a redelivery writes the same bytes or
 * finds that the prediction was canceled. The pending marker goes last, by `settle`, when whoever waits has been told.
 */
export class PredictionProcessor {
  private readonly predictors = new Map<string, Predictor>();

  constructor(private readonly services: { store: ObjectStore; registry: ModelRegistry }) {}

  /** @returns whether the record's end is this result: not when it was canceled or taken back */
  async process({ tenant, predictionId }: PredictionJob): Promise<boolean> {
    const request = await this.readRequest(tenant, predictionId);
    // Taken back: the client was told that it was not accepted.
    if (request === undefined) return false;
    const result = toPredictionResult(await this.predictorFor(request), request);
    return this.completion(tenant, predictionId, { status: 'succeeded', result });
  }

  /** The prediction has its end and needs no further delivery. Of one that was deleted meanwhile the result must not stay. */
  async cleanUp({ tenant, predictionId }: PredictionJob): Promise<void> {
    const { store } = this.services;
    await store.delete(ObjectKeys.pending(tenant, predictionId));
    if ((await store.head(ObjectKeys.predictionRequest(tenant, predictionId))) === undefined)
      await store.delete(ObjectKeys.predictionResult(tenant, predictionId));
  }

  /** After the last attempt: the client must not wait for ever. */
  async fail(job: PredictionJob): Promise<void> {
    const { tenant, predictionId } = job;
    const error = {
      code: 'scoring-failed',
      detail: 'the record could not be scored after several attempts; send it again',
    };
    await this.completion(tenant, predictionId, { status: 'failed', error });
    await this.cleanUp(job);
  }

  private readRequest(tenant: string, id: string): Promise<PredictionRequest | undefined> {
    return findDocument(this.services.store, ObjectKeys.predictionRequest(tenant, id), predictionRequestShape);
  }

  private async completion(tenant: string, id: string, completion: PredictionCompletion): Promise<boolean> {
    const key = ObjectKeys.predictionResult(tenant, id);
    try {
      await this.services.store.putOnce(key, sealDocument(completion), { contentType: 'application/json' });
      return true;
    } catch (error) {
      if (!(error instanceof ObjectMismatchError)) throw error;
      const existing = await readDocument(this.services.store, key, predictionCompletionShape);
      // A worker of a release without checksums may have written the same end first.
      if (JSON.stringify(existing) === JSON.stringify(completion)) return true;
      if (isSameFormat(existing, completion)) throw error;
      return false;
    }
  }

  private async predictorFor({ model: pin }: PredictionRequest): Promise<Predictor> {
    const cached = this.predictors.get(pin.digest);
    if (cached !== undefined) return cached;
    const { model } = await this.services.registry.loadPinned(pin);
    const predictor = { classifier: new Classifier(model), explainer: new Explainer(model) };
    this.predictors.set(pin.digest, predictor);
    return predictor;
  }
}

/**
 * Canceled, given up, or answered by another release, whose evidence may differ: the first end stays. Two different
 * results of one format are an alarm.
 */
function isSameFormat(existing: PredictionCompletion, completion: PredictionCompletion): boolean {
  return existing.status === completion.status && formatOf(existing) === formatOf(completion);
}

function formatOf(completion: PredictionCompletion): number {
  return (completion.status === 'succeeded' && completion.format) || 1;
}

function toPredictionResult(
  { classifier, explainer }: Predictor,
  { features, operating_point }: PredictionRequest,
): PredictionResult {
  const { schema, file } = classifier.model;
  const names = schema.features.map(({ name }) => name);
  const sample = names.map((name) => features[name] ?? NaN);
  const prediction = classifier.predict(sample, { operatingPoint: operating_point });
  return {
    predicted_class: schema.labels[prediction.label],
    probability_malignant: prediction.probability,
    operating_point: { name: operating_point, threshold: file.operating_points[operating_point] },
    outcome: prediction.indeterminate === 0 ? 'confident' : 'indeterminate',
    reasons: [...prediction.reasons],
    missing_features: names.filter((_, feature) => (prediction.missingMask & (1 << feature)) !== 0),
    neighbors: toNeighbors(prediction, names, schema.labels),
    evidence: explainer.explain(sample, { operatingPoint: operating_point }),
  };
}

function toNeighbors({ neighbors }: Prediction, names: string[], labels: readonly ['benign', 'malignant']) {
  return neighbors.map(({ trainingRow, label, distance, features }) => ({
    training_row: trainingRow,
    class: labels[label],
    distance,
    features: Object.fromEntries(names.map((name, feature) => [name, features[feature]])),
  }));
}
