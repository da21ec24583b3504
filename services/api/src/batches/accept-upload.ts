/*
 * A 202 is a promise. Order: input, share of the quota, `batch.json`, claim of the idempotency key, pending marker (the
 * commit point, see commit.ts), jobs, answer. Limits are checked after the idempotency key: a repeated request gets the
 * batch that it made, however full the tenant's quota has become.
 */
import { createHash } from 'node:crypto';
import type { BatchProgress, JobProducer } from '@cytoqueue/queue';
import { driftJudgeOf, judgeFile } from '@cytoqueue/classifier';
import type { ModelRegistry } from '@cytoqueue/registry';
import {
  type BatchOptions,
  type BatchDocument,
  type DamageReport,
  type ModelPin,
  ObjectKeys,
  createId,
} from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Request, Response } from 'express';
import type { Background } from '../http/background';
import { type IdempotencyKeys, assertSamePayload, payloadDigest } from '../tenants/idempotency';
import { Problem } from '../http/problem';
import type { RetentionPolicy } from '../tenants/retention-policy';
import type { SentChoice, SettingsReader } from '../settings/settings-reader';
import type { TenantQuotas } from '../tenants/tenant-quotas';
import type { ApiMetrics } from '../operations/api-metrics';
import { commitBatch, findByIdempotencyKey, ensureEnqueued } from './commit';
import { type UploadSummary, type UploadLimits, storeUpload, uploadTooLarge } from './upload-inspector';
import { preflight } from './preflight';
import { receiveFile } from './receive-file';
import { withRollback } from './rollback';

export interface BatchDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  producer: JobProducer;
  progress: BatchProgress;
  limits: UploadLimits;
  idempotency: IdempotencyKeys;
  background: Background;
  quotas: TenantQuotas;
  metrics: Pick<ApiMetrics, 'uploaded'>;
  damage: DamageReport;
  retention: Pick<RetentionPolicy, 'isExpired'>;
  settings: SettingsReader;
}

export interface Upload {
  tenant: string;
  model: string | undefined;
  options: BatchOptions;
  /** Without what the tenant's settings filled in: repeating a request asks for the same whatever the settings are by then. */
  sent: SentChoice;
  idempotencyKey: string | undefined;
}

/** More would take minutes and a file of hundreds of columns. */
const MAX_EVIDENCE_ROWS = 10_000;

/** @returns the accepted batch; with an idempotency key the first upload's for all */
export async function acceptUpload(
  deps: BatchDeps,
  request: Request,
  response: Response,
  upload: Upload,
): Promise<BatchDocument> {
  const { quotas } = deps;
  const earlier = await findByIdempotencyKey(deps, upload.tenant, upload.idempotencyKey);
  if (earlier === undefined)
    return quotas.uploads.run(upload.tenant, () => acceptNewUpload(deps, request, response, upload));
  await quotas.replays.run(upload.tenant, async () => {
    const sha256 = await hashFile(request, response, deps.limits);
    quotas.rateLimit.addRows(upload.tenant, earlier.batch.rows);
    assertSamePayload(earlier.payloadSha256, payloadDigest(idempotencyPayload(upload, sha256)));
    await ensureEnqueued(deps, upload.tenant, earlier.batch);
  });
  return earlier.batch;
}

async function acceptNewUpload(
  deps: BatchDeps,
  request: Request,
  response: Response,
  upload: Upload,
): Promise<BatchDocument> {
  const { store, registry, quotas } = deps;
  const { tenant } = upload;
  const remainingBytes = await quotas.storage.assertAvailable(tenant);
  const limits = { ...deps.limits, room: remainingBytes };
  const pin = await registry.resolve(upload.model);
  const { schema } = (await registry.loadPinned(pin)).model;
  const id = createId('batch_');
  const target = { store, key: ObjectKeys.batchInput(tenant, id), signal: abortOnDisconnect(request, response) };
  const { intake: summary, filename } = await withRollback(deps, tenant, id, () =>
    receiveFile(request, response, async (source, name) => {
      const stored = await storeUpload(source, target, schema, limits, (rows) =>
        quotas.rateLimit.addRows(tenant, rows),
      );
      if (upload.options.explain && stored.rows > MAX_EVIDENCE_ROWS) throw tooManyRowsForEvidence(stored.rows);
      return { filename: name, intake: stored };
    }),
  );
  const batch = createBatchDocument(id, filename, pin, upload.options, summary);
  const accepted = await commitBatch(deps, upload, batch, idempotencyPayload(upload, summary.sha256));
  if (accepted.id === id) deps.metrics.uploaded(summary.bytes);
  return accepted;
}

/** What an upload would come to, with nothing stored; it takes a slot and is charged as an upload is. */
export function preflightBatch(
  deps: BatchDeps,
  request: Request,
  response: Response,
  upload: Omit<Upload, 'idempotencyKey' | 'sent'>,
) {
  const { registry, limits, progress, quotas } = deps;
  return quotas.uploads.run(upload.tenant, async () => {
    const pin = await registry.resolve(upload.model);
    const { model } = await registry.loadPinned(pin);
    return receiveFile(request, response, async (source, filename) => {
      const charge = (rows: number) => quotas.rateLimit.addRows(upload.tenant, rows);
      const count = (samples: Float64Array) => driftJudgeOf(model).bins.count(samples);
      const { report, histogram } = await preflight(
        source,
        model.schema,
        limits,
        upload.options.missing,
        charge,
        count,
      );
      const rowsPerSecond = await progress.readScoringSpeed().catch(() => undefined);
      const eta_seconds = rowsPerSecond === undefined ? null : Math.ceil(report.rows.total / rowsPerSecond);
      return { filename, model: pin, ...report, drift: judgeFile(histogram, model), eta_seconds };
    });
  });
}

function idempotencyPayload({ sent, options }: Upload, sha256: string): unknown {
  // Releases without settings filled in `default`.
  return ['batch', sent.model, { ...options, operating_point: sent.operating_point ?? 'default' }, sha256];
}

function hashFile(request: Request, response: Response, { maxUploadBytes }: UploadLimits): Promise<string> {
  return receiveFile(request, response, async (source) => {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > maxUploadBytes) throw uploadTooLarge(maxUploadBytes);
      hash.update(chunk);
    }
    return hash.digest('hex');
  });
}

function tooManyRowsForEvidence(rows: number): Problem {
  const detail = `the file has ${rows} rows; evidence is given for at most ${MAX_EVIDENCE_ROWS}`;
  return new Problem('invalid-request', detail, { errors: [{ field: 'explain', code: 'too-many-rows', detail }] });
}

/** Fires when the connection ends before the request was read: a stream from a dead socket may never end by itself. */
function abortOnDisconnect(request: Request, response: Response): AbortSignal {
  const controller = new AbortController();
  response.on('close', () => {
    if (!request.complete) controller.abort(new Error('the client went away'));
  });
  return controller.signal;
}

function createBatchDocument(
  id: string,
  filename: string | null,
  model: ModelPin,
  options: BatchOptions,
  summary: UploadSummary,
): BatchDocument {
  const { header, rows, shards, bytes, sha256 } = summary;
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
