import type { BatchProgress, Producer } from '@cytoqueue/queue';
import { type Registry, describeDrift } from '@cytoqueue/registry';
import { type BatchOptions, type BatchRecord, type ModelPin, ObjectKeys, type ObjectStore, createId } from '@cytoqueue/storage';
import type { Request, Response } from 'express';
import { type IdempotencyKeys, payloadDigest } from '../http/idempotency';
import { Problem } from '../http/problem';
import { putJson, readJsonObject } from '../http/stored-json';
import { type Intake, type IntakeLimits, storeUpload } from './intake';
import { preflight } from './preflight';
import { receiveFile } from './receive';

export interface BatchServices {
  store: ObjectStore;
  registry: Registry;
  producer: Producer;
  progress: BatchProgress;
  limits: IntakeLimits;
  idempotency: IdempotencyKeys;
}

export interface Upload {
  tenant: string;
  model: string | undefined;
  options: BatchOptions;
  idempotencyKey: string | undefined;
}

/** More would take minutes and a file of hundreds of columns. */
const MAX_EXPLAINED_ROWS = 10_000;

/**
 * A 202 is a promise: input, `batch.json` and pending marker are durable before the shards are enqueued.
 * When anything fails before that, or the client goes, every object of the batch is taken back.
 * With an idempotency key the first upload's batch is returned to all.
 * @returns the id of the accepted batch
 */
export async function acceptBatch(services: BatchServices, request: Request, response: Response, upload: Upload): Promise<string> {
  const { store, registry } = services;
  const pin = await registry.resolve(upload.model);
  const { schema } = (await registry.pinned(pin)).model;
  const id = createId('batch_');
  const key = ObjectKeys.batchInput(upload.tenant, id);
  const signal = abortWithClient(request, response);
  try {
    const { intake, filename } = await receiveFile(request, response, async (source, name) => ({
      filename: name,
      intake: await storeUpload(source, { store, key, signal }, schema, services.limits),
    }));
    if (upload.options.explain && intake.rows > MAX_EXPLAINED_ROWS) throw tooManyToExplain(intake.rows);
    const record = createRecord(id, filename, pin, upload.options, intake);
    return await acceptRecord(services, upload, record, ['batch', upload.model, upload.options, intake.sha256]);
  } catch (error) {
    await takeBack(store, upload.tenant, id);
    throw error;
  }
}

/** What an upload would come to, with nothing stored. */
export async function preflightBatch(services: BatchServices, request: Request, response: Response, upload: Omit<Upload, 'idempotencyKey'>) {
  const pin = await services.registry.resolve(upload.model);
  const { model } = await services.registry.pinned(pin);
  return receiveFile(request, response, async (source, filename) => {
    const { report, histogram } = await preflight(source, model.schema, services.limits, upload.options.missing);
    const rowsPerSecond = await services.progress.rowsPerSecond().catch(() => undefined);
    const eta_seconds = rowsPerSecond === undefined ? null : Math.ceil(report.rows.total / rowsPerSecond);
    return { filename, model: pin, ...report, drift: describeDrift(histogram, model), eta_seconds };
  });
}

/**
 * Stores the description, claims the key, marks the batch as pending and enqueues it. An upload that comes second with
 * its key is taken back; it makes sure that the first one is under way, whose process may have died before.
 * @returns the id of the batch that was accepted, now or before
 */
export async function acceptRecord(
  services: BatchServices,
  { tenant, idempotencyKey }: Pick<Upload, 'tenant' | 'idempotencyKey'>,
  record: BatchRecord,
  payload: unknown,
): Promise<string> {
  const { store, idempotency } = services;
  await putJson(store, ObjectKeys.batchRecord(tenant, record.id), record);
  if (idempotencyKey !== undefined) {
    const claim = { id: record.id, payload_sha256: payloadDigest(payload) };
    const id = await idempotency.claim(tenant, idempotencyKey, claim);
    const earlier = id === record.id ? undefined : await readJsonObject<BatchRecord>(store, ObjectKeys.batchRecord(tenant, id));
    if (earlier !== undefined) {
      await takeBack(store, tenant, record.id);
      await resume(services, tenant, earlier);
      return id;
    }
    if (id !== record.id) await idempotency.replace(tenant, idempotencyKey, claim);
  }
  await enqueue(services, tenant, record);
  return record.id;
}

async function enqueue({ store, producer }: BatchServices, tenant: string, record: BatchRecord): Promise<void> {
  await store.put(ObjectKeys.pending(tenant, record.id), Buffer.alloc(0));
  const shards = record.shards.map(({ rows }, shard) => ({ shard, rows }));
  await producer.enqueueBatch({ tenant, batchId: record.id, run: 1, shards });
}

/** Enqueues a batch whose acceptance was cut short between its key and its pending marker. */
async function resume(services: BatchServices, tenant: string, record: BatchRecord): Promise<void> {
  const { store } = services;
  const [pending, manifest] = await Promise.all([
    store.head(ObjectKeys.pending(tenant, record.id)),
    store.head(ObjectKeys.runManifest(tenant, record.id, 1)),
  ]);
  if (pending === undefined && manifest === undefined) await enqueue(services, tenant, record);
}

function tooManyToExplain(rows: number): Problem {
  const detail = `the file has ${rows} rows; evidence is given for at most ${MAX_EXPLAINED_ROWS}`;
  return new Problem('invalid-request', detail, { errors: [{ field: 'explain', code: 'too-many-rows', detail }] });
}

/** Removes whatever is there of a batch that was not accepted after all. */
export async function takeBack(store: ObjectStore, tenant: string, id: string): Promise<void> {
  await Promise.allSettled([store.delete(ObjectKeys.pending(tenant, id)), store.deletePrefix(ObjectKeys.batchPrefix(tenant, id))]);
}

/** Fires when the connection ends before the request was read: a stream from a dead socket may never end by itself. */
function abortWithClient(request: Request, response: Response): AbortSignal {
  const controller = new AbortController();
  response.on('close', () => {
    if (!request.complete) controller.abort(new Error('the client went away'));
  });
  return controller.signal;
}

function createRecord(id: string, filename: string | null, model: ModelPin, options: BatchOptions, intake: Intake): BatchRecord {
  const { header, rows, shards, bytes, sha256 } = intake;
  return {
    id,
    created_at: new Date().toISOString(),
    filename,
    model,
    options,
    input: { bytes, sha256, dialect: header.dialect, columns: header.columns, header_bytes: header.byteLength },
    rows,
    shards,
  };
}
