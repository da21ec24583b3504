/*
 * A 202 guarantees that the batch is durable. Order: look up the idempotency key; check concurrent uploads and free
 * quota; store the input; reserve quota; store `batch.json`; check Redis; claim the key; store the pending marker (the
 * commit point, see commit-accepted.ts); enqueue; respond. The key is looked up before the limits, so that a repeated
 * request gets its earlier batch even if the tenant's quota is full by now; it is claimed last before the marker, so
 * that a claim names a batch that can be completed.
 */
import { type BatchDocument, type ModelPin, ObjectKeys, createId } from '@cytoqueue/records';
import type { Request, Response } from 'express';
import { type Schema, hasDefaultLabels } from '@cytoqueue/schema';
import type { ImportProfile } from '@cytoqueue/tabular';
import { type NamedProfile, findImportProfile } from '../import-profiles/import-profiles';
import { assertSamePayload, payloadDigest } from '../tenants/idempotency';
import { Problem } from '../http/problem';
import { commitBatch, findByIdempotencyKey, ensureAccepted } from './commit';
import type { BatchDeps, ImportParameters, Upload } from './batch-deps';
import { storeUpload } from './store-upload';
import { MeasuredUpload } from './measured-upload';
import type { UploadSummary, UploadLimits } from './upload-inspector';
import { receiveFile } from './receive-file';
import { withRollback } from './rollback';

/** With more rows, evidence (option `explain`) takes minutes, and each row gets hundreds of columns. */
const MAX_EVIDENCE_ROWS = 10_000;
/** Evidence takes some 1 ms of CPU a row. */
const EVIDENCE_SHARD_ROWS = 500;

/** @returns the accepted batch; an upload that repeats an idempotency key gets the first upload's batch */
export async function acceptUpload(
  deps: BatchDeps,
  request: Request,
  response: Response,
  upload: Upload,
): Promise<BatchDocument> {
  const { quotas } = deps;
  const earlier = await findByIdempotencyKey(deps, upload.tenant, upload.idempotencyKey);
  if (earlier === undefined)
    return quotas.uploadLimiter.run(upload.tenant, () => acceptNewUpload(deps, request, response, upload));
  await quotas.repeatLimiter.run(upload.tenant, async () => {
    const sha256 = await hashFile(request, response, deps.limits);
    // To read the file again costs about as much as the first upload.
    quotas.rateLimit.addRows(upload.tenant, earlier.batch.rows);
    assertSamePayload(earlier.payloadSha256, payloadDigest(idempotencyPayload(upload, sha256)));
    await ensureAccepted(deps, upload.tenant, earlier.batch);
  });
  return earlier.batch;
}

async function acceptNewUpload(
  deps: BatchDeps,
  request: Request,
  response: Response,
  upload: Upload,
): Promise<BatchDocument> {
  const { tenant } = upload;
  const { model, pin } = await deps.registry.load(upload.model, tenant);
  const { schema } = model;
  const profile = await findImportProfile(deps.store, tenant, upload.importParameters.profile);
  const id = createId('batch_');
  const { summary, filename } = await withRollback(deps, tenant, id, async () => {
    const file = { ...upload.importParameters, tenant, id, schema, profile };
    const received = await receiveUpload(deps, limitsFor(upload.options, deps), request, response, file);
    const { rows, warningsTotal } = received.summary;
    if (upload.options.explain && rows > MAX_EVIDENCE_ROWS) throw tooManyRowsForEvidence(rows);
    if (upload.importParameters.on_warning === 'abort' && warningsTotal > 0) throw fileHasWarnings(received.summary);
    return received;
  });
  const batch = createBatchDocument(id, filename, { pin, schema }, upload, summary, profile?.content);
  const accepted = await commitBatch(deps, upload, batch, idempotencyPayload(upload, summary.sha256));
  if (accepted.id === id) deps.metrics.uploaded(summary.bytes);
  return accepted;
}

/** With evidence, shards are small, so that ten thousand rows occupy all threads and workers. */
function limitsFor({ explain }: Upload['options'], { limits }: BatchDeps): UploadLimits {
  return explain ? { ...limits, shardRows: Math.min(limits.shardRows, EVIDENCE_SHARD_ROWS) } : limits;
}

/**
 * Stores the request's file as the input of batch `id`. The caller rolls the batch back if this or a later step fails.
 */
export async function receiveUpload(
  { store, quotas, importSemaphore }: BatchDeps,
  fileLimits: UploadLimits,
  request: Request,
  response: Response,
  file: {
    tenant: string;
    id: string;
    schema: Schema;
    profile: NamedProfile | undefined;
    /** Called before the file is read: a refusal can then name it. */
    onFilename?: (filename: string | null) => void;
  } & Omit<ImportParameters, 'profile'>,
): Promise<{ summary: UploadSummary; filename: string | null }> {
  const { tenant, id, schema, profile, sheet } = file;
  const limits = { ...fileLimits, remainingBytes: await quotas.storage.assertAvailable(tenant) };
  const keys = { input: ObjectKeys.batchInput(tenant, id), canonical: ObjectKeys.batchCanonical(tenant, id) };
  const target = { store, keys, importSemaphore, signal: abortOnDisconnect(request, response) };
  return withoutIdleLimit(request, () =>
    receiveFile(request, response, async (source, filename, charset) => {
      file.onFilename?.(filename);
      const importSettings = { schema, profile, sheet, charset: file.charset ?? charset };
      const chargeRateLimit = (rows: number) => quotas.rateLimit.addRows(tenant, rows);
      return { filename, summary: await storeUpload(source, target, importSettings, limits, chargeRateLimit) };
    }),
  );
}

/**
 * Lifts the idle limit once the request has been read: the connection is silent while a workbook of a million rows is
 * converted or waits for its turn.
 */
export async function withoutIdleLimit<T>(request: Request, work: () => Promise<T>): Promise<T> {
  const { socket } = request;
  const { timeout: idleMs = 0 } = socket;
  const lift = () => socket.setTimeout(0);
  request.once('end', lift);
  try {
    return await work();
  } finally {
    // If the upload is refused, the request ends only after this; the limit must then stay.
    request.off('end', lift);
    socket.setTimeout(idleMs);
  }
}

/**
 * Payload that a repeated upload must equal. Claims of releases without import parameters lack them, so they are added
 * only if given.
 */
function idempotencyPayload({ requestedModel, options, importParameters }: Upload, sha256: string): unknown {
  const { on_warning, ...given } = importParameters;
  const parameters = { ...given, ...(on_warning === 'abort' && { on_warning }) };
  const hasNoImportParameters = Object.values(parameters).every((value) => value === undefined);
  // Claims of releases before tenant settings hold `default` if the request named none.
  const requestedOptions = { ...options, operating_point: requestedModel.operating_point ?? 'default' };
  return ['batch', requestedModel.model, requestedOptions, sha256, ...(hasNoImportParameters ? [] : [parameters])];
}

function hashFile(request: Request, response: Response, { maxUploadBytes }: UploadLimits): Promise<string> {
  return receiveFile(request, response, async (source) => {
    const measured = new MeasuredUpload({ maxUploadBytes });
    for await (const _ of measured.measureWhileStreaming(source));
    return measured.sha256();
  });
}

function fileHasWarnings({ warnings, warningsTotal }: UploadSummary): Problem {
  const detail = `The file has ${warningsTotal} ${warningsTotal === 1 ? 'warning' : 'warnings'}, and on_warning=abort refuses it. Correct the file, or send it with on_warning=continue.`;
  return new Problem('file-has-warnings', detail, {
    errors: warnings,
    members: { warnings, warnings_total: warningsTotal },
  });
}

function tooManyRowsForEvidence(rows: number): Problem {
  const detail = `the file has ${rows} rows; evidence is given for at most ${MAX_EVIDENCE_ROWS}`;
  return new Problem('invalid-request', detail, { errors: [{ field: 'explain', code: 'too-many-rows', detail }] });
}

/**
 * Aborts when the connection closes before the whole request was read; a body stream of a dead socket may never end.
 */
export function abortOnDisconnect(request: Request, response: Response): AbortSignal {
  const controller = new AbortController();
  response.on('close', () => {
    if (!request.complete) controller.abort(new Error('the client disconnected'));
  });
  return controller.signal;
}

function createBatchDocument(
  id: string,
  filename: string | null,
  { pin, schema }: { pin: ModelPin; schema: Schema },
  { options, importParameters: { sheet, charset } }: Upload,
  summary: UploadSummary,
  profile: ImportProfile | undefined,
): BatchDocument {
  const { header, rows, shards, bytes, sha256, canonical, report, warnings, warningsTotal } = summary;
  const { dialect, columns, byteLength } = header;
  return {
    id,
    created_at: new Date().toISOString(),
    filename,
    model: pin,
    // Without this member, readers assume the default labels.
    ...(!hasDefaultLabels(schema) && { labels: schema.labels }),
    options,
    input: { bytes, sha256, dialect, columns, header_bytes: byteLength, ...(canonical && { canonical }) },
    rows,
    shards,
    import: report,
    warnings,
    warnings_total: warningsTotal,
    import_settings: { profile, sheet, charset },
  };
}
