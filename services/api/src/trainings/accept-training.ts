/*
 * A 202 guarantees that the training is durable. Order: lookup of the idempotency key, limits, input, import and check of the
 * rows, quota reservation, rows, `training.json`, claim of the key, pending marker (the commit point, see batches/commit-accepted.ts),
 * job, response. The input is stored before its rows are read, because the fields of a form may follow its file.
 */
import { createHash } from 'node:crypto';
import { createId, encodeTrainingRows, putDocument, type TrainingDocument, TrainingKeys } from '@cytoqueue/records';
import type { Request, Response } from 'express';
import { abortOnDisconnect, withoutIdleLimit } from '../batches/accept-upload';
import { MeasuredUpload } from '../batches/measured-upload';
import { receiveForm } from '../batches/receive-file';
import { commitAccepted } from '../batches/commit-accepted';
import { readStoredUpload } from '../batches/store-upload';
import type { UploadLimits } from '../batches/upload-inspector';
import { assertSamePayload, payloadDigest } from '../tenants/idempotency';
import { ensureAccepted, enqueue, findByIdempotencyKey, findTraining } from './enqueue-training';
import { assertBelowDailyLimit, MAX_TRAINING_BYTES } from './limits';
import { importSettingsOf, readParameters, trainingFieldNames, type TrainingParameters } from './parameters';
import { readTrainingFile } from './read-training-file';
import type { TrainingDeps } from './training-deps';

const FOLDS = 10;
const MAX_REPETITIONS = 5;
/** Rows that the folds of all repetitions predict, unless one repetition has more. */
const PREDICTED_ROWS = 5_000;

export interface TrainingRequest {
  tenant: string;
  /** Parameters of the address. */
  query: object;
  idempotencyKey: string | undefined;
}

/** @returns the accepted training; a request that repeats an idempotency key gets the first request's training */
export async function acceptTraining(
  deps: TrainingDeps,
  request: Request,
  response: Response,
  wanted: TrainingRequest,
): Promise<TrainingDocument> {
  const { quotas } = deps;
  const { tenant, query, idempotencyKey } = wanted;
  // A raw body has no fields that could complete the parameters.
  if (request.is('multipart/form-data') === false) readParameters(query, {});
  const earlier = await findByIdempotencyKey(deps, tenant, idempotencyKey);
  if (earlier === undefined)
    return quotas.uploadLimiter.run(tenant, () => acceptNewTraining(deps, request, response, wanted));
  await quotas.repeatLimiter.run(tenant, async () => {
    const { parameters, sha256 } = await receiveInput(request, response, query, limitsOf(deps), async (bytes) => {
      for await (const _ of bytes);
    });
    quotas.rateLimit.addRows(tenant, earlier.training.rows);
    assertSamePayload(earlier.payloadSha256, payloadDigest(payloadOf(parameters, sha256)));
    await ensureAccepted(deps, tenant, earlier.training);
  });
  return earlier.training;
}

async function acceptNewTraining(
  deps: TrainingDeps,
  request: Request,
  response: Response,
  wanted: TrainingRequest,
): Promise<TrainingDocument> {
  const { tenant, idempotencyKey } = wanted;
  await assertBelowDailyLimit(deps.store, tenant);
  // Counts the versions that earlier trainings have added.
  await deps.quotas.storage.invalidate(tenant);
  const id = createId('training_');
  return commitAccepted(deps, {
    tenant,
    id,
    folder: TrainingKeys.folder(tenant, id),
    idempotencyKey,
    storeDocument: () => withoutIdleLimit(request, () => storeTraining(deps, request, response, { ...wanted, id })),
    findResource: (earlierId) => findTraining(deps, tenant, earlierId),
    ensureAccepted: (earlier) => ensureAccepted(deps, tenant, earlier),
    enqueue: () => enqueue(deps, tenant, id),
  });
}

/** Stores input, rows and `training.json`. The caller rolls them back if this or a later step fails. */
async function storeTraining(
  deps: TrainingDeps,
  request: Request,
  response: Response,
  { tenant, id, query }: TrainingRequest & { id: string },
): Promise<{ resource: TrainingDocument; keyPayload: unknown }> {
  const { store, quotas, importSemaphore, producer } = deps;
  const keys = { input: TrainingKeys.input(tenant, id), canonical: TrainingKeys.canonical(tenant, id) };
  const signal = abortOnDisconnect(request, response);
  const limits = { ...limitsOf(deps), remainingBytes: await quotas.storage.assertAvailable(tenant) };
  const received = await receiveInput(request, response, query, limits, (bytes) =>
    store.put(keys.input, bytes, { contentType: 'application/octet-stream', signal }),
  );
  const { parameters, bytes, sha256, filename, charset } = received;
  const { name, schema, label, group, seed } = parameters;
  const chargeRateLimit = (rows: number) => quotas.rateLimit.addRows(tenant, rows);
  const target = { store, keys, signal, importSemaphore };
  const upload = await readStoredUpload(target, importSettingsOf(parameters, charset), limits, chargeRateLimit);
  const file = await readTrainingFile(store, keys, upload, parameters, FOLDS);
  if (upload.canonical !== undefined) await store.delete(keys.canonical);
  const rows = encodeTrainingRows(file);
  await quotas.storage.reserve(tenant, id, bytes + rows.length);
  await store.put(TrainingKeys.rows(tenant, id), rows);
  const training: TrainingDocument = {
    id,
    created_at: new Date().toISOString(),
    name,
    filename,
    schema: schema.definition ?? schema.id,
    label,
    group,
    seed,
    input: { bytes, sha256 },
    rows: upload.rows,
    complete_rows: file.rows,
    features: file.featureCount,
    classes: file.classes,
    rows_sha256: createHash('sha256').update(rows).digest('hex'),
    folds: FOLDS,
    repetitions: Math.min(MAX_REPETITIONS, Math.max(1, Math.floor(PREDICTED_ROWS / file.rows))),
  };
  await putDocument(store, TrainingKeys.document(tenant, id), training);
  await producer.assertAvailable();
  return { resource: training, keyPayload: payloadOf(parameters, sha256) };
}

function limitsOf({ limits }: TrainingDeps): UploadLimits {
  return { ...limits, maxUploadBytes: Math.min(limits.maxUploadBytes, MAX_TRAINING_BYTES) };
}

interface ReceivedInput {
  parameters: TrainingParameters;
  bytes: number;
  sha256: string;
  filename: string | null;
  /** As the request declares it. */
  charset: string | undefined;
}

/** Passes the bytes of the request's file to `consume` and then reads the parameters. @throws Problem 400, 413, 415, 422 */
async function receiveInput(
  request: Request,
  response: Response,
  query: object,
  limits: Pick<UploadLimits, 'maxUploadBytes' | 'remainingBytes'>,
  consume: (bytes: AsyncIterable<Uint8Array>) => Promise<unknown>,
): Promise<ReceivedInput> {
  const upload = new MeasuredUpload(limits);
  const { value, fields } = await receiveForm(
    request,
    response,
    async (source, filename, charset) => {
      try {
        await consume(upload.measureWhileStreaming(source));
      } catch (error) {
        throw upload.failure ?? error;
      }
      return { filename, charset };
    },
    trainingFieldNames,
  );
  return { ...value, parameters: readParameters(query, fields), bytes: upload.bytes, sha256: upload.sha256() };
}

/** Payload that a repeated request must equal. */
function payloadOf({ schema, ...parameters }: TrainingParameters, sha256: string): unknown {
  return ['training', { ...parameters, schema: schema.definition ?? schema.id }, sha256];
}
