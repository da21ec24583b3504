/*
 * A 202 is a promise. Order: input, share of the quota, `batch.json`, claim of the idempotency key, pending marker (the
 * commit point, see commit.ts), jobs, answer. Limits are checked after the idempotency key: a repeated request gets the
 * batch that it made, however full the tenant's quota has become.
 */
import { createHash } from 'node:crypto';
import type { BatchProgress, Producer } from '@cytoqueue/queue';
import { type Registry, describeDrift } from '@cytoqueue/registry';
import { type BatchOptions, type BatchRecord, type DamageReport, type ModelPin, ObjectKeys, type ObjectStore, createId } from '@cytoqueue/storage';
import type { Request, Response } from 'express';
import type { Background } from '../http/background';
import { type IdempotencyKeys, assertSamePayload, payloadDigest } from '../http/idempotency';
import { Problem } from '../http/problem';
import type { Retention } from '../http/retention';
import type { TenantUse } from '../http/tenant-use';
import type { ApiMetrics } from '../operations/api-metrics';
import { commitBatch, findEarlierBatch, resumeBatch } from './commit';
import { type Intake, type IntakeLimits, storeUpload, tooLarge } from './intake';
import { preflight } from './preflight';
import { receiveFile } from './receive';
import { withRollback } from './rollback';

export interface BatchServices {
  store: ObjectStore;
  registry: Registry;
  producer: Producer;
  progress: BatchProgress;
  limits: IntakeLimits;
  idempotency: IdempotencyKeys;
  background: Background;
  use: TenantUse;
  metrics: Pick<ApiMetrics, 'uploaded'>;
  damage: DamageReport;
  retention: Pick<Retention, 'isExpired'>;
}

export interface Upload {
  tenant: string;
  model: string | undefined;
  options: BatchOptions;
  idempotencyKey: string | undefined;
}

/** More would take minutes and a file of hundreds of columns. */
const MAX_EXPLAINED_ROWS = 10_000;

/** @returns the accepted batch; with an idempotency key the first upload's for all */
export async function acceptBatch(services: BatchServices, request: Request, response: Response, upload: Upload): Promise<BatchRecord> {
  const { use } = services;
  const earlier = await findEarlierBatch(services, upload.tenant, upload.idempotencyKey);
  if (earlier === undefined) return use.uploads.hold(upload.tenant, () => acceptNewBatch(services, request, response, upload));
  await use.replays.hold(upload.tenant, async () => {
    const sha256 = await digestFile(request, response, services.limits);
    use.rate.chargeRows(upload.tenant, earlier.record.rows);
    assertSamePayload(earlier.payloadSha256, payloadDigest(payloadOf(upload, sha256)));
    await resumeBatch(services, upload.tenant, earlier.record);
  });
  return earlier.record;
}

async function acceptNewBatch(services: BatchServices, request: Request, response: Response, upload: Upload): Promise<BatchRecord> {
  const { store, registry, use } = services;
  const { tenant } = upload;
  const room = await use.stored.checkRoom(tenant);
  const limits = { ...services.limits, room };
  const pin = await registry.resolve(upload.model);
  const { schema } = (await registry.pinned(pin)).model;
  const id = createId('batch_');
  const target = { store, key: ObjectKeys.batchInput(tenant, id), signal: abortWithClient(request, response) };
  const { intake, filename } = await withRollback(services, tenant, id, () =>
    receiveFile(request, response, async (source, name) => {
      const stored = await storeUpload(source, target, schema, limits, (rows) => use.rate.chargeRows(tenant, rows));
      if (upload.options.explain && stored.rows > MAX_EXPLAINED_ROWS) throw tooManyToExplain(stored.rows);
      return { filename: name, intake: stored };
    }),
  );
  const record = createRecord(id, filename, pin, upload.options, intake);
  const accepted = await commitBatch(services, upload, record, payloadOf(upload, intake.sha256));
  if (accepted.id === id) services.metrics.uploaded(intake.bytes);
  return accepted;
}

/** What an upload would come to, with nothing stored; it takes a slot and is charged as an upload is. */
export function preflightBatch(services: BatchServices, request: Request, response: Response, upload: Omit<Upload, 'idempotencyKey'>) {
  const { registry, limits, progress, use } = services;
  return use.uploads.hold(upload.tenant, async () => {
    const pin = await registry.resolve(upload.model);
    const { model } = await registry.pinned(pin);
    return receiveFile(request, response, async (source, filename) => {
      const charge = (rows: number) => use.rate.chargeRows(upload.tenant, rows);
      const { report, histogram } = await preflight(source, model.schema, limits, upload.options.missing, charge);
      const rowsPerSecond = await progress.rowsPerSecond().catch(() => undefined);
      const eta_seconds = rowsPerSecond === undefined ? null : Math.ceil(report.rows.total / rowsPerSecond);
      return { filename, model: pin, ...report, drift: describeDrift(histogram, model), eta_seconds };
    });
  });
}

function payloadOf({ model, options }: Upload, sha256: string): unknown {
  return ['batch', model, options, sha256];
}

function digestFile(request: Request, response: Response, { maxUploadBytes }: IntakeLimits): Promise<string> {
  return receiveFile(request, response, async (source) => {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > maxUploadBytes) throw tooLarge(maxUploadBytes);
      hash.update(chunk);
    }
    return hash.digest('hex');
  });
}

function tooManyToExplain(rows: number): Problem {
  const detail = `the file has ${rows} rows; evidence is given for at most ${MAX_EXPLAINED_ROWS}`;
  return new Problem('invalid-request', detail, { errors: [{ field: 'explain', code: 'too-many-rows', detail }] });
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
