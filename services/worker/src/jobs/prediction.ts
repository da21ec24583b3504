/*
 * Delivery: at least once; effect: exactly once. Write order: the completion (write-once: the first writer decides how
 * the prediction ends), then the pending marker is deleted. After a crash between the two, scoring again gives the same
 * bytes.
 */
import type { Explainer } from '@cytoqueue/classifier';
import type { PredictionJob } from '@cytoqueue/queue';
import { ModelDeletedError, type ModelRegistry } from '@cytoqueue/registry';
import {
  ObjectKeys,
  type OperatingPointName,
  type PredictionCompletion,
  type PredictionRequest,
  type PredictionResult,
  findDocument,
  modelDeletedError,
  probabilityFields,
  predictionCompletionShape,
  predictionRequestShape,
  readDocument,
  putCompletion,
} from '@cytoqueue/records';
import { ObjectMismatchError, type ObjectStore } from '@cytoqueue/storage';
import { type Predictor, Predictors, toNeighbors } from './predictors';

/** Format 2 adds the record's id; format 3 words the reasons differently. */
const RESULT_FORMAT = 3;
/**
 * Scores one record. A redelivery writes the same bytes, or finds that the prediction is already complete: canceled,
 * failed, or with another release's result. `createConsumer` (consumers.ts) calls `process`, notifies waiting clients, and
 * then calls `cleanUp`, which deletes the pending marker.
 */
export class PredictionProcessor {
  constructor(
    private readonly deps: { store: ObjectStore; registry: ModelRegistry },
    private readonly predictors = new Predictors(deps.registry),
  ) {}

  /**
   * @returns whether this result is stored; false when the prediction was canceled, was rolled back, was completed as
   *   failed before, has another release's result, or its model was deleted
   */
  async process({ tenant, predictionId }: PredictionJob): Promise<boolean> {
    const request = await this.readRequest(tenant, predictionId);
    // The API rolled the record back and answered that it was not accepted.
    if (request === undefined) return false;
    const predictor = await this.loadPredictor(tenant, request);
    if (predictor === undefined) {
      await this.complete(tenant, predictionId, { status: 'failed', error: modelDeletedError(request.model) });
      return false;
    }
    const result = toPredictionResult(predictor, request);
    const completion = { status: 'succeeded', format: RESULT_FORMAT, id: predictionId, result } as const;
    return this.complete(tenant, predictionId, completion);
  }

  /** Whether the prediction has ended, in any way. */
  async isComplete({ tenant, predictionId }: Omit<PredictionJob, 'v'>): Promise<boolean> {
    return (await this.deps.store.head(ObjectKeys.predictionCompletion(tenant, predictionId))) !== undefined;
  }

  /**
   * Deletes the pending marker: the prediction is complete or was rolled back, and the reconciler need not enqueue it.
   * Deletes the result too if the prediction was deleted while it was scored.
   */
  async cleanUp({ tenant, predictionId }: PredictionJob): Promise<void> {
    const { store } = this.deps;
    await store.delete(ObjectKeys.pending(tenant, predictionId));
    if ((await store.head(ObjectKeys.predictionRequest(tenant, predictionId))) === undefined)
      await store.delete(ObjectKeys.predictionCompletion(tenant, predictionId));
  }

  /** Completes the prediction as failed once its job has failed for good, so that clients stop waiting. */
  async fail(job: PredictionJob): Promise<void> {
    const { tenant, predictionId } = job;
    const error = {
      code: 'scoring-failed',
      detail: 'The record could not be scored. Send it again.',
    };
    await this.complete(tenant, predictionId, { status: 'failed', error });
    await this.cleanUp(job);
  }

  /** @returns undefined for an own model that the tenant has deleted since */
  private async loadPredictor(tenant: string, { model }: PredictionRequest): Promise<Predictor | undefined> {
    try {
      return await this.predictors.load(model, tenant);
    } catch (error) {
      if (error instanceof ModelDeletedError) return undefined;
      throw error;
    }
  }

  private readRequest(tenant: string, id: string): Promise<PredictionRequest | undefined> {
    return findDocument(this.deps.store, ObjectKeys.predictionRequest(tenant, id), predictionRequestShape);
  }

  private async complete(tenant: string, id: string, completion: PredictionCompletion): Promise<boolean> {
    const key = ObjectKeys.predictionCompletion(tenant, id);
    try {
      await putCompletion(this.deps.store, key, completion);
      return true;
    } catch (error) {
      if (!(error instanceof ObjectMismatchError)) throw error;
      const existing = await readDocument(this.deps.store, key, predictionCompletionShape);
      // Releases that did not seal documents stored the same completion as other bytes.
      if (JSON.stringify(existing) === JSON.stringify(completion)) return true;
      if (contradict(existing, completion)) throw error;
      return false;
    }
  }
}

/**
 * Whether two different completions contradict each other: only two results of one format do. `complete` then throws, and
 * `runJob` (run-job.ts) raises the alarm. The result of another release may differ in its evidence, and failures may
 * differ in their texts. The first one stays.
 */
function contradict(existing: PredictionCompletion, completion: PredictionCompletion): boolean {
  return (
    existing.status === 'succeeded' &&
    completion.status === 'succeeded' &&
    (existing.format ?? 1) === (completion.format ?? 1)
  );
}

function toPredictionResult(predictor: Predictor, { features, operating_point }: PredictionRequest): PredictionResult {
  const { cachedResults, explainer } = predictor;
  const sample = explainer.model.schema.features.map(({ name }) => features[name] ?? NaN);
  return cachedResults.get(sample, operating_point, () => computeResult(explainer, sample, operating_point));
}

function computeResult(
  explainer: Explainer,
  sample: readonly number[],
  operatingPoint: OperatingPointName,
): PredictionResult {
  const { schema, file } = explainer.model;
  const names = schema.features.map(({ name }) => name);
  const { prediction, evidence } = explainer.explain(sample, { operatingPoint });
  return {
    predicted_class: schema.labels[prediction.label],
    ...probabilityFields(schema.labels, prediction.probability),
    operating_point: { name: operatingPoint, threshold: file.operating_points[operatingPoint] },
    outcome: prediction.reasonFlags === 0 ? 'confident' : 'indeterminate',
    reasons: [...prediction.reasons],
    missing_features: names.filter((_, feature) => Number.isNaN(sample[feature])),
    neighbors: toNeighbors(prediction, names, schema.labels),
    evidence,
  };
}
