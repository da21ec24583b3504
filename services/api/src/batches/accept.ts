/*
 * A 202 is a promise. Order: input, `batch.json`, claim of the idempotency key, pending marker, jobs, answer. A batch is there
 * for its tenant from the marker on. Died before it: nothing was accepted, nothing is shown, the same key accepts it anew.
 * Died behind it: the reconciler enqueues it, or the same key does and returns the same batch.
 */
import type { BatchProgress, Producer } from '@cytoqueue/queue';
import { type Registry, describeDrift } from '@cytoqueue/registry';
import { type BatchOptions, type BatchRecord, type DamageReport, type ModelPin, ObjectKeys, type ObjectStore, batchRecordShape, createId, findDocument, unscoredShards } from '@cytoqueue/storage';
import type { Request, Response } from 'express';
import { type IdempotencyKeys, payloadDigest } from '../http/idempotency';
import { Problem } from '../http/problem';
import { units } from '../http/rate-limit';
import { putJson } from '../http/stored-json';
import type { TenantUse } from '../http/tenant-use';
import type { ApiMetrics } from '../operations/api-metrics';
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
  use: TenantUse;
  metrics: Pick<ApiMetrics, 'uploaded'>;
  damage: DamageReport;
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
  const { store, registry, use } = services;
  const { tenant } = upload;
  const room = await use.stored.checkRoom(tenant);
  const limits = { ...services.limits, maxUploadBytes: Math.min(services.limits.maxUploadBytes, room) };
  const pin = await registry.resolve(upload.model);
  const { schema } = (await registry.pinned(pin)).model;
  const id = createId('batch_');
  const target = { store, key: ObjectKeys.batchInput(tenant, id), signal: abortWithClient(request, response) };
  const { intake, filename } = await orTakeBack(store, tenant, id, () =>
    receiveFile(request, response, async (source, name) => {
      const stored = await storeUpload(source, target, schema, limits);
      await use.stored.checkRoom(tenant, stored.bytes);
      if (upload.options.explain && stored.rows > MAX_EXPLAINED_ROWS) throw tooManyToExplain(stored.rows);
      return { filename: name, intake: stored };
    }),
  );
  const record = createRecord(id, filename, pin, upload.options, intake);
  const accepted = await acceptRecord(services, upload, record, ['batch', upload.model, upload.options, intake.sha256]);
  if (accepted === id) services.metrics.uploaded(intake.bytes);
  return accepted;
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
 * Stores the description, claims the key, marks the batch as pending and enqueues it; the input is there already. An
 * upload that comes second with its key is taken back; it makes sure that the first one is under way, whose process may
 * have died before. From the claim on nothing else is taken back: another request with the key may have promised it by then.
 * @returns the id of the batch that was accepted, now or before
 */
export async function acceptRecord(
  services: BatchServices,
  { tenant, idempotencyKey: key }: Pick<Upload, 'tenant' | 'idempotencyKey'>,
  record: BatchRecord,
  payload: unknown,
): Promise<string> {
  const { store, idempotency } = services;
  const { id } = record;
  const claim = { id, payload_sha256: payloadDigest(payload) };
  const claimed = await orTakeBack(store, tenant, id, async () => {
    await putJson(store, ObjectKeys.batchRecord(tenant, id), record);
    if (key !== undefined) return idempotency.claim(tenant, key, claim);
    await enqueue(services, tenant, record);
    return undefined;
  });
  if (key === undefined || claimed === undefined) return id;
  const earlier = claimed === id ? undefined : await orTakeBack(store, tenant, id, () => findDocument(store, ObjectKeys.batchRecord(tenant, claimed), batchRecordShape));
  if (earlier !== undefined) {
    await takeBack(store, tenant, id);
    await resume(services, tenant, earlier);
    return claimed;
  }
  if (claimed !== id) await idempotency.replace(tenant, key, claim);
  await enqueue(services, tenant, record);
  return id;
}

async function enqueue({ store, producer, use }: BatchServices, tenant: string, record: BatchRecord): Promise<void> {
  await store.put(ObjectKeys.pending(tenant, record.id), Buffer.alloc(0));
  const shards = record.shards.map(({ rows }, shard) => ({ shard, rows }));
  await producer.enqueueBatch({ tenant, batchId: record.id, run: 1, shards });
  use.rate.charge(tenant, Math.ceil(record.rows / units.rowsAUnit));
  await use.stored.add(tenant, record.input.bytes);
}

/** Enqueues a batch whose acceptance was cut short behind its claim; at once, while the reconciler would take a minute. */
async function resume(services: BatchServices, tenant: string, record: BatchRecord): Promise<void> {
  const { store, producer } = services;
  if ((await store.head(ObjectKeys.runManifest(tenant, record.id, 1))) !== undefined) return;
  if (await producer.canRunFinish(record.id, 1)) return;
  await store.put(ObjectKeys.pending(tenant, record.id), Buffer.alloc(0));
  await producer.reenqueueBatch({ tenant, batchId: record.id, run: 1, shards: await unscoredShards(store, tenant, record) });
}

function tooManyToExplain(rows: number): Problem {
  const detail = `the file has ${rows} rows; evidence is given for at most ${MAX_EXPLAINED_ROWS}`;
  return new Problem('invalid-request', detail, { errors: [{ field: 'explain', code: 'too-many-rows', detail }] });
}

/** Does the work, and when it fails removes whatever is there of the batch, which was not accepted after all. */
export async function orTakeBack<T>(store: ObjectStore, tenant: string, id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await takeBack(store, tenant, id);
    throw error;
  }
}

async function takeBack(store: ObjectStore, tenant: string, id: string): Promise<void> {
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
