import type { ApiKey, ApiKeyBody, AuditEvent, CreatedApiKey, Session, Settings } from './access-types';
import { InvalidResponseError } from './api-error';
import { attachKeyToError } from './client-base';
import {
  type BatchFile,
  type DownloadOptions,
  type ListOptions,
  MEDIA_TYPES,
  type PeriodOptions,
  type PredictOptions,
  type RowListOptions,
  type UploadOptions,
  settingsQuery,
} from './method-options';
import { randomHex } from './random-hex';
import {
  batchPath,
  confirmationPath,
  modelPath,
  predictionPath,
  profilePath,
  reviewsPath,
  rowPath,
  versionPath,
} from './resource-paths';
import { TrainingMethods } from './training-methods';
import type { ApiRequest, CallOptions } from './transport';
import type {
  AcceptedPrediction,
  Batch,
  BatchRow,
  ExplainedBatchRow,
  BatchStatus,
  Confirmation,
  ConfirmationBody,
  ConfirmationReport,
  DriftReport,
  ImportProfile,
  ModelEvaluation,
  ModelSummary,
  ModelVersion,
  NamedImportProfile,
  SavedImportProfile,
  Page,
  Performance,
  Prediction,
  PredictionBody,
  PredictionStatus,
  Preflight,
  PromotionOptions,
  QueueState,
  DamagedReview,
  Review,
  ReviewBody,
  ReviewedItem,
  Shadow,
  WorklistItem,
} from './types';
import { type UploadFile, sendFile } from './upload';

const FINISHED_PREDICTION: readonly PredictionStatus[] = ['succeeded', 'failed', 'canceled'];
const FINISHED_BATCH: readonly BatchStatus[] = ['succeeded', 'completed_with_errors', 'failed', 'canceled'];

/** Whether a response to `predict` is the prediction itself, and not only the notice that it was accepted. */
export function isFullPrediction(response: Prediction | AcceptedPrediction): response is Prediction {
  return 'features' in response;
}

export function isPredictionFinished({ status }: { status: PredictionStatus }): boolean {
  return FINISHED_PREDICTION.includes(status);
}

export function isBatchFinished({ status }: { status: BatchStatus }): boolean {
  return FINISHED_BATCH.includes(status);
}

/**
 * Methods for the operations of the API, for Node.js and browsers. Every method rejects with `ApiError` when the API refuses,
 * with `ConnectionError` when there is no complete response, and with the signal's reason when it is aborted.
 */
export class CytoqueueClient extends TrainingMethods {
  predict(
    body: PredictionBody,
    { waitSeconds, idempotencyKey = randomHex(), signal }: PredictOptions = {},
  ): Promise<Prediction | AcceptedPrediction> {
    const headers = {
      Prefer: waitSeconds === undefined ? undefined : `wait=${waitSeconds}`,
      'Idempotency-Key': idempotencyKey,
    };
    return attachKeyToError(
      idempotencyKey,
      this.transport.json({ method: 'POST', path: '/v1/predictions', headers, json: body, retryable: true, signal }),
    );
  }

  getPrediction(id: string, { signal }: CallOptions = {}): Promise<Prediction> {
    return this.transport.json({ path: predictionPath(id), signal });
  }

  listPredictions({ signal, ...query }: ListOptions<PredictionStatus> = {}): Promise<Page<Prediction>> {
    return this.transport.json({ path: '/v1/predictions', query, signal });
  }

  cancelPrediction(id: string, { signal }: CallOptions = {}): Promise<Prediction> {
    return this.transport.json({ method: 'POST', path: `${predictionPath(id)}/cancel`, signal });
  }

  /** Deletes a finished prediction. */
  async deletePrediction(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.transport.send({ method: 'DELETE', path: predictionPath(id), signal });
  }

  /** Yields the prediction after each change until its final state. */
  predictionEvents(id: string, { signal }: CallOptions = {}): AsyncGenerator<Prediction> {
    return this.follow<Prediction>(predictionPath(id), isPredictionFinished, { signal });
  }

  /** Uploads a file. Retries when the connection fails; the idempotency key ensures that only one batch is created. */
  uploadBatch(
    file: UploadFile,
    { filename, idempotencyKey = randomHex(), onProgress, signal, ...settings }: UploadOptions = {},
  ): Promise<Batch> {
    const upload = {
      method: 'POST',
      path: '/v1/batches',
      query: settingsQuery(settings),
      headers: { 'Idempotency-Key': idempotencyKey },
    } as const;
    return attachKeyToError(
      idempotencyKey,
      this.retry(signal, () => sendFile<Batch>(this.transport, { ...upload, file, filename, onProgress, signal })),
    );
  }

  /** Validates a file. It is stored while it is checked and then removed. */
  preflight(
    file: UploadFile,
    { filename, onProgress, signal, ...settings }: Omit<UploadOptions, 'idempotencyKey'> = {},
  ): Promise<Preflight> {
    const upload = {
      method: 'POST',
      path: '/v1/batches/preflight',
      query: settingsQuery(settings),
    } as const;
    return this.retry(signal, () =>
      sendFile<Preflight>(this.transport, { ...upload, file, filename, onProgress, signal }),
    );
  }

  async listImportProfiles({ signal }: CallOptions = {}): Promise<NamedImportProfile[]> {
    return (await this.transport.json<{ data: NamedImportProfile[] }>({ path: '/v1/import-profiles', signal })).data;
  }

  getImportProfile(name: string, { signal }: CallOptions = {}): Promise<NamedImportProfile> {
    return this.transport.json({ path: profilePath(name), signal });
  }

  /** Creates or replaces the profile. Batches that used it keep its earlier content. */
  putImportProfile(name: string, profile: ImportProfile, { signal }: CallOptions = {}): Promise<SavedImportProfile> {
    return this.transport.json({ method: 'PUT', path: profilePath(name), json: profile, signal });
  }

  async deleteImportProfile(name: string, { signal }: CallOptions = {}): Promise<void> {
    await this.transport.send({ method: 'DELETE', path: profilePath(name), signal });
  }

  getBatch(id: string, { signal }: CallOptions = {}): Promise<Batch> {
    return this.transport.json({ path: batchPath(id), signal });
  }

  listBatches({ signal, ...query }: ListOptions<BatchStatus> = {}): Promise<Page<Batch>> {
    return this.transport.json({ path: '/v1/batches', query, signal });
  }

  /** Yields the batch after each change until its final state. */
  batchEvents(id: string, { signal }: CallOptions = {}): AsyncGenerator<Batch> {
    return this.follow<Batch>(batchPath(id), isBatchFinished, { signal });
  }

  /** Follows the batch until its final state. @throws the signal's reason */
  async waitForBatch(
    id: string,
    { onProgress, signal }: CallOptions & { onProgress?: (batch: Batch) => void } = {},
  ): Promise<Batch> {
    for await (const batch of this.batchEvents(id, { signal })) {
      onProgress?.(batch);
      if (isBatchFinished(batch)) return batch;
    }
    return this.getBatch(id, { signal });
  }

  cancelBatch(id: string, { signal }: CallOptions = {}): Promise<Batch> {
    return this.transport.json({ method: 'POST', path: `${batchPath(id)}/cancel`, signal });
  }

  retryBatch(id: string, { signal }: CallOptions = {}): Promise<Batch> {
    return this.transport.json({ method: 'POST', path: `${batchPath(id)}/retry`, signal });
  }

  /** Scores the same input with another model or operating point, as a new batch. */
  rescoreBatch(
    id: string,
    {
      model,
      operatingPoint,
      signal,
      idempotencyKey = randomHex(),
    }: Pick<UploadOptions, 'model' | 'operatingPoint' | 'signal' | 'idempotencyKey'> = {},
  ): Promise<Batch> {
    const headers = { 'Idempotency-Key': idempotencyKey };
    const query = { model, operating_point: operatingPoint };
    return attachKeyToError(
      idempotencyKey,
      this.transport.json({
        method: 'POST',
        path: `${batchPath(id)}/rescore`,
        query,
        headers,
        retryable: true,
        signal,
      }),
    );
  }

  /** Result rows in the order of the input. A page may be short, even empty, and have more behind it. */
  listRows(id: string, { signal, ...query }: RowListOptions = {}): Promise<Page<BatchRow>> {
    return this.transport.json({ path: `${batchPath(id)}/rows`, query, signal });
  }

  /** @param options `explain` adds the evidence; without it in the response, a worker still computes it: call again */
  getRow(
    id: string,
    row: number,
    { signal, explain }: CallOptions & { explain?: boolean } = {},
  ): Promise<ExplainedBatchRow> {
    return this.transport.json({ path: rowPath(id, row), query: { explain }, signal });
  }

  /** Rows by the beginning of their identifier, which thereby stands in no URL. Pages as those of `listRows`. */
  searchRows(id: string, { signal, ...json }: RowListOptions & { id_prefix: string }): Promise<Page<BatchRow>> {
    return this.transport.json({
      method: 'POST',
      path: `${batchPath(id)}/rows/search`,
      json,
      retryable: true,
      signal,
    });
  }

  async deleteBatch(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.transport.send({ method: 'DELETE', path: batchPath(id), signal });
  }

  /** Returns the file as a streaming response. The ETag of a CSV file is its SHA-256. @throws InvalidResponseError for a proxy's response */
  async download(
    id: string,
    file: BatchFile,
    { partial, range, format = 'csv', signal }: DownloadOptions = {},
  ): Promise<Response> {
    const response = await this.transport.send({
      path: `${batchPath(id)}/${file}`,
      query: { partial, format: format === 'csv' ? undefined : format },
      headers: { Range: range },
      signal,
    });
    const [type = ''] = (response.headers.get('Content-Type') ?? '').toLowerCase().split(';');
    if (type.trim() === MEDIA_TYPES[format]) return response;
    await response.body?.cancel();
    throw new InvalidResponseError(
      `the response is ${/\bhtml\b/i.test(type) ? 'an HTML page' : `no ${format} file`} instead of the file; check the URL and any proxy in front of the service`,
    );
  }

  listReviews(
    reviewed: ReviewedItem,
    { signal, ...query }: Omit<ListOptions<never>, 'status'> = {},
  ): Promise<Page<Review | DamagedReview>> {
    return this.transport.json({ path: reviewsPath(reviewed), query, signal });
  }

  addReview(
    reviewed: ReviewedItem,
    review: ReviewBody,
    { idempotencyKey = randomHex(), signal }: CallOptions & { idempotencyKey?: string } = {},
  ): Promise<Review> {
    const request = { method: 'POST', path: reviewsPath(reviewed), json: review, retryable: true, signal } as const;
    const headers = { 'Idempotency-Key': idempotencyKey };
    return attachKeyToError(idempotencyKey, this.transport.json({ ...request, headers }));
  }

  /** Lists scored records and rows without a review. A page may be short, even empty, and have more behind it. */
  worklist({ signal, ...query }: Omit<RowListOptions, 'predicted_class' | 'reason'> = {}): Promise<Page<WorklistItem>> {
    return this.transport.json({ path: '/v1/worklist', query, signal });
  }

  /** Stores a confirmed diagnosis; a correction is a new one. */
  confirm(body: ConfirmationBody, options: CallOptions & { idempotencyKey?: string } = {}): Promise<Confirmation> {
    return this.createConfirmations({ json: body }, options);
  }

  /** Stores up to 10,000 confirmed diagnoses: a CSV with columns named as the members of `ConfirmationBody`. */
  confirmFile(csv: string, options: CallOptions & { idempotencyKey?: string } = {}): Promise<ConfirmationReport> {
    return this.createConfirmations({ body: () => new Blob([csv]) }, options);
  }

  private createConfirmations<T>(
    content: Pick<ApiRequest, 'json' | 'body'>,
    { idempotencyKey = randomHex(), signal }: CallOptions & { idempotencyKey?: string },
  ): Promise<T> {
    const headers = {
      'Idempotency-Key': idempotencyKey,
      ...(content.body === undefined ? {} : { 'Content-Type': 'text/csv' }),
    };
    const request = { method: 'POST', path: '/v1/confirmations', headers, retryable: true, signal } as const;
    return attachKeyToError(idempotencyKey, this.transport.json({ ...request, ...content }));
  }

  listConfirmations({ signal, ...query }: Omit<ListOptions<never>, 'status'> = {}): Promise<Page<Confirmation>> {
    return this.transport.json({ path: '/v1/confirmations', query, signal });
  }

  getConfirmation(id: string, { signal }: CallOptions = {}): Promise<Confirmation> {
    return this.transport.json({ path: confirmationPath(id), signal });
  }

  async deleteConfirmation(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.transport.send({ method: 'DELETE', path: confirmationPath(id), signal });
  }

  /** How the answers compare with the confirmed diagnoses. Times of acceptance: from `from` on, before `to`. */
  performance({ signal, ...query }: PeriodOptions = {}): Promise<Performance> {
    return this.transport.json({ path: '/v1/performance', query, signal });
  }

  /** How the scored records of each week compare with the training data. Days that begin in the period. */
  drift({ signal, ...query }: PeriodOptions = {}): Promise<DriftReport> {
    return this.transport.json({ path: '/v1/drift', query, signal });
  }

  async listModels({ signal }: CallOptions = {}): Promise<ModelSummary[]> {
    return (await this.transport.json<{ data: ModelSummary[] }>({ path: '/v1/models', signal })).data;
  }

  getModel(name: string, { signal }: CallOptions = {}): Promise<ModelSummary> {
    return this.transport.json({ path: modelPath(name), signal });
  }

  getModelVersion(name: string, version: string, { signal }: CallOptions = {}): Promise<ModelVersion> {
    return this.transport.json({ path: versionPath(name, version), signal });
  }

  /** Returns the model card of a shipped or trained version as Markdown; its plots are under `plots/`. @param name `own/NAME` for an own model */
  getModelCard(name: string, version: string, { signal }: CallOptions = {}): Promise<string> {
    return this.transport.text({ path: `${versionPath(name, version)}/card`, signal });
  }

  /** Returns the evaluation of a shipped or trained version. */
  getModelEvaluation(name: string, version: string, { signal }: CallOptions = {}): Promise<ModelEvaluation> {
    return this.transport.json({ path: `${versionPath(name, version)}/evaluation`, signal });
  }

  /** Deletes a version of an own model, with its training rows. @param name `own/NAME` */
  async deleteModelVersion(name: string, version: string, { signal }: CallOptions = {}): Promise<void> {
    await this.transport.send({ method: 'DELETE', path: versionPath(name, version), signal });
  }

  /**
   * Promotes a version to champion. Fails with 409 `lower-sensitivity` or `comparison-missing` unless the options accept
   * that.
   */
  promote(
    name: string,
    version: string,
    { signal, ...accepted }: CallOptions & PromotionOptions = {},
  ): Promise<ModelSummary> {
    const json = { version, ...accepted };
    return this.transport.json({ method: 'POST', path: `${modelPath(name)}/champion`, json, signal });
  }

  /** Restores the previous champion. */
  rollBack(name: string, { signal }: CallOptions = {}): Promise<ModelSummary> {
    return this.transport.json({
      method: 'POST',
      path: `${modelPath(name)}/champion`,
      json: { rollback: true },
      signal,
    });
  }

  getShadow(name: string, { signal }: CallOptions = {}): Promise<Shadow> {
    return this.transport.json({ path: `${modelPath(name)}/shadow`, signal });
  }

  /** Has a version score batches beside the champion. */
  setShadow(name: string, version: string, { signal }: CallOptions = {}): Promise<Shadow> {
    return this.transport.json({ method: 'PUT', path: `${modelPath(name)}/shadow`, json: { version }, signal });
  }

  async deleteShadow(name: string, { signal }: CallOptions = {}): Promise<void> {
    await this.transport.send({ method: 'DELETE', path: `${modelPath(name)}/shadow`, signal });
  }

  queue({ signal }: CallOptions = {}): Promise<QueueState> {
    return this.transport.json({ path: '/v1/queue', signal });
  }

  audit({ signal, ...query }: Omit<ListOptions<never>, 'status'> = {}): Promise<Page<AuditEvent>> {
    return this.transport.json({ path: '/v1/audit', query, signal });
  }

  /** Exchanges an API key or a one-time token for a session cookie. */
  signIn(credential: { api_key: string } | { token: string }, { signal }: CallOptions = {}): Promise<Session> {
    return this.transport.json({ method: 'POST', path: '/v1/session', json: credential, signal });
  }

  async listKeys({ signal }: CallOptions = {}): Promise<ApiKey[]> {
    return (await this.transport.json<{ data: ApiKey[] }>({ path: '/v1/api-keys', signal })).data;
  }

  /** Not retried when the response is lost, because only the first response contains the key. */
  createKey(
    { currentKey, ...body }: ApiKeyBody,
    { idempotencyKey, signal }: CallOptions & { idempotencyKey?: string } = {},
  ): Promise<CreatedApiKey> {
    return this.transport.json({
      method: 'POST',
      path: '/v1/api-keys',
      headers: { 'Idempotency-Key': idempotencyKey },
      json: { ...body, current_key: currentKey },
      signal,
    });
  }

  /** @param currentKey the caller's own API key; required in a browser session */
  async deleteKey(id: string, { currentKey, signal }: CallOptions & { currentKey?: string } = {}): Promise<void> {
    await this.transport.send({
      method: 'DELETE',
      path: `/v1/api-keys/${encodeURIComponent(id)}`,
      json: { current_key: currentKey },
      signal,
    });
  }

  settings({ signal }: CallOptions = {}): Promise<Settings> {
    return this.transport.json({ path: '/v1/settings', signal });
  }

  /** Replaces all settings of the tenant; every API process uses them within ten seconds. */
  replaceSettings(settings: Settings, { signal }: CallOptions = {}): Promise<Settings> {
    return this.transport.json({ method: 'PUT', path: '/v1/settings', json: settings, signal });
  }

  session({ signal }: CallOptions = {}): Promise<Session> {
    return this.transport.json({ path: '/v1/session', signal });
  }

  async signOut({ signal }: CallOptions = {}): Promise<void> {
    await this.transport.send({ method: 'DELETE', path: '/v1/session', signal });
  }
}
