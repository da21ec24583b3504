import type { ApiKey, ApiKeyBody, AuditEvent, CreatedApiKey, Session, Settings } from './access-types';
import { InvalidResponseError, isOutcomeUnknown } from './api-error';
import { followStates } from './event-stream';
import { randomHex } from './random-hex';
import { batchPath, modelPath, predictionPath, reviewsPath, rowPath, versionPath } from './resource-paths';
import { withRetries } from './retry';
import { type CallOptions, type ClientOptions, type ApiRequest, Transport } from './transport';
import type {
  AcceptedPrediction,
  Batch,
  BatchRow,
  BatchStatus,
  ClassName,
  ModelEvaluation,
  ModelSummary,
  ModelVersion,
  OperatingPoint,
  Page,
  Prediction,
  PredictionBody,
  PredictionStatus,
  Preflight,
  QueueState,
  Review,
  ReviewBody,
  ReviewedItem,
  WorklistItem,
} from './types';
import { type UploadFile, type UploadProgress, sendFile } from './upload';

export interface PredictOptions extends CallOptions {
  /** How long to wait for the result, at most the service's MAX_WAIT_SECONDS (25 by default); without it the accepted prediction comes back at once. */
  waitSeconds?: number;
  /** A random one by default, so that a repeated request makes one prediction. */
  idempotencyKey?: string;
}

export interface BatchSettings {
  model?: string;
  operatingPoint?: OperatingPoint;
  onError?: 'continue' | 'abort';
  missing?: 'partial' | 'reject';
  formulas?: 'escape' | 'keep';
  explain?: boolean;
}

export interface UploadOptions extends CallOptions, BatchSettings {
  filename?: string;
  idempotencyKey?: string;
  onProgress?: (progress: UploadProgress) => void;
}

export interface ListOptions<Status extends string> extends CallOptions {
  limit?: number;
  /** The id after which the page begins. */
  after?: string;
  status?: Status;
}

export interface RowListOptions extends Omit<ListOptions<never>, 'status'> {
  outcome?: 'confident' | 'indeterminate';
  predicted_class?: ClassName;
}

export interface DownloadOptions extends CallOptions {
  /** What there is so far, of a batch that is not finished. */
  partial?: boolean;
  /** `bytes=0-99` and its like. */
  range?: string;
}

/** The files of a batch that can be downloaded. */
export type BatchFile = 'results' | 'errors' | 'changes';

const FINISHED_PREDICTION: readonly PredictionStatus[] = ['succeeded', 'failed', 'canceled'];
const FINISHED_BATCH: readonly BatchStatus[] = ['succeeded', 'completed_with_errors', 'failed', 'canceled'];

export function isPredictionFinished({ status }: { status: PredictionStatus }): boolean {
  return FINISHED_PREDICTION.includes(status);
}

export function isBatchFinished({ status }: { status: BatchStatus }): boolean {
  return FINISHED_BATCH.includes(status);
}

/**
 * One method an operation of the API, for Node.js and browsers. Every method rejects with `ApiError` when the API refuses,
 * `ConnectionError` when no answer comes, and the reason of its signal when that is aborted.
 */
export class CytoqueueClient {
  private readonly transport: Transport;

  constructor(options: ClientOptions = {}) {
    this.transport = new Transport(options);
  }

  predict(
    body: PredictionBody,
    { waitSeconds, idempotencyKey = randomHex(), signal }: PredictOptions = {},
  ): Promise<Prediction | AcceptedPrediction> {
    const headers = {
      Prefer: waitSeconds === undefined ? undefined : `wait=${waitSeconds}`,
      'Idempotency-Key': idempotencyKey,
    };
    return withKey(
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

  /** Of a finished prediction. */
  async deletePrediction(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.transport.send({ method: 'DELETE', path: predictionPath(id), signal });
  }

  /** The prediction each time it changes, up to its end. */
  predictionEvents(id: string, { signal }: CallOptions = {}): AsyncGenerator<Prediction> {
    return this.follow<Prediction>(predictionPath(id), isPredictionFinished, { signal });
  }

  /** Sends a CSV file. Sent again when the connection fails: its idempotency key makes one batch of all tries. */
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
    return withKey(
      idempotencyKey,
      this.retry(signal, () => sendFile<Batch>(this.transport, { ...upload, file, filename, onProgress, signal })),
    );
  }

  /** What an upload would come to; nothing is stored. */
  preflight(
    file: UploadFile,
    { filename, onProgress, signal, ...settings }: Omit<UploadOptions, 'idempotencyKey'> = {},
  ): Promise<Preflight> {
    const upload = {
      method: 'POST',
      path: '/v1/batches',
      query: { ...settingsQuery(settings), dry_run: true },
    } as const;
    return this.retry(signal, () =>
      sendFile<Preflight>(this.transport, { ...upload, file, filename, onProgress, signal }),
    );
  }

  getBatch(id: string, { signal }: CallOptions = {}): Promise<Batch> {
    return this.transport.json({ path: batchPath(id), signal });
  }

  listBatches({ signal, ...query }: ListOptions<BatchStatus> = {}): Promise<Page<Batch>> {
    return this.transport.json({ path: '/v1/batches', query, signal });
  }

  /** The batch each time it changes, up to its end. */
  batchEvents(id: string, { signal }: CallOptions = {}): AsyncGenerator<Batch> {
    return this.follow<Batch>(batchPath(id), isBatchFinished, { signal });
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
    return withKey(
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

  getRow(id: string, row: number, { signal }: CallOptions = {}): Promise<BatchRow> {
    return this.transport.json({ path: rowPath(id, row), signal });
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

  /** The file as it streams in; its ETag is the SHA-256 of the whole. @throws InvalidResponseError for an answer of a proxy */
  async download(id: string, file: BatchFile, { partial, range, signal }: DownloadOptions = {}): Promise<Response> {
    const response = await this.transport.send({
      path: `${batchPath(id)}/${file}`,
      query: { partial },
      headers: { Range: range },
      signal,
    });
    const type = response.headers.get('Content-Type') ?? '';
    if (/^text\/csv\b/i.test(type)) return response;
    await response.body?.cancel();
    throw new InvalidResponseError(
      `the answer is ${/\bhtml\b/i.test(type) ? 'an HTML page' : 'something else'} instead of the file; check the address, and any proxy in front of the service`,
    );
  }

  listReviews(
    reviewed: ReviewedItem,
    { signal, ...query }: Omit<ListOptions<never>, 'status'> = {},
  ): Promise<Page<Review>> {
    return this.transport.json({ path: reviewsPath(reviewed), query, signal });
  }

  addReview(
    reviewed: ReviewedItem,
    review: ReviewBody,
    { idempotencyKey = randomHex(), signal }: CallOptions & { idempotencyKey?: string } = {},
  ): Promise<Review> {
    const request = { method: 'POST', path: reviewsPath(reviewed), json: review, retryable: true, signal } as const;
    const headers = { 'Idempotency-Key': idempotencyKey };
    return withKey(idempotencyKey, this.transport.json({ ...request, headers }));
  }

  /** What has no review yet. A page may be short, even empty, and have more behind it. */
  worklist({ signal, ...query }: Omit<RowListOptions, 'predicted_class'> = {}): Promise<Page<WorklistItem>> {
    return this.transport.json({ path: '/v1/worklist', query, signal });
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

  /** The card of a version that Cytoqueue ships, as Markdown; its plots lie beside it under `plots/`. */
  getModelCard(name: string, version: string, { signal }: CallOptions = {}): Promise<string> {
    return this.transport.text({ path: `${versionPath(name, version)}/card`, signal });
  }

  /** How a version that Cytoqueue ships did when it was tested. */
  getModelEvaluation(name: string, version: string, { signal }: CallOptions = {}): Promise<ModelEvaluation> {
    return this.transport.json({ path: `${versionPath(name, version)}/evaluation`, signal });
  }

  /** Makes a version the champion. */
  promote(name: string, version: string, { signal }: CallOptions = {}): Promise<ModelSummary> {
    return this.transport.json({ method: 'POST', path: `${modelPath(name)}/champion`, json: { version }, signal });
  }

  /** Returns to the champion before. */
  rollBack(name: string, { signal }: CallOptions = {}): Promise<ModelSummary> {
    return this.transport.json({
      method: 'POST',
      path: `${modelPath(name)}/champion`,
      json: { rollback: true },
      signal,
    });
  }

  queue({ signal }: CallOptions = {}): Promise<QueueState> {
    return this.transport.json({ path: '/v1/queue', signal });
  }

  audit({ signal, ...query }: Omit<ListOptions<never>, 'status'> = {}): Promise<Page<AuditEvent>> {
    return this.transport.json({ path: '/v1/audit', query, signal });
  }

  /** Exchanges a key, or a one-time token, for the session cookie of this browser. */
  signIn(credential: { api_key: string } | { token: string }, { signal }: CallOptions = {}): Promise<Session> {
    return this.transport.json({ method: 'POST', path: '/v1/session', json: credential, signal });
  }

  async listKeys({ signal }: CallOptions = {}): Promise<ApiKey[]> {
    return (await this.transport.json<{ data: ApiKey[] }>({ path: '/v1/api-keys', signal })).data;
  }

  /** The answer alone holds the key. It is not asked for again when the answer is lost, because a repetition does not give the key. */
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

  /** @param currentKey the caller's own API key, which a browser session needs */
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

  private follow<T>(path: string, isFinal: (state: T) => boolean, { signal }: CallOptions): AsyncGenerator<T> {
    const open = (lastEventId: string | undefined) =>
      this.transport.sendOnce({ path: `${path}/events`, headers: { 'Last-Event-ID': lastEventId }, signal });
    return followStates<T>({ open, isFinal, retry: this.transport.retry, signal });
  }

  private retry<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
    return withRetries(this.transport.retry, signal, attempt);
  }
}

/** Tells the caller the key of a creation whose outcome is unknown, so that it can be repeated. */
async function withKey<T>(idempotencyKey: string, creation: Promise<T>): Promise<T> {
  try {
    return await creation;
  } catch (error) {
    if (isOutcomeUnknown(error)) error.idempotencyKey = idempotencyKey;
    throw error;
  }
}

function settingsQuery({
  model,
  operatingPoint,
  onError,
  missing,
  formulas,
  explain,
}: BatchSettings): NonNullable<ApiRequest['query']> {
  return { model, operating_point: operatingPoint, on_error: onError, missing, formulas, explain };
}
