import type { Request, Response } from 'express';
import { driftJudgeOf, judgeDrift } from '@cytoqueue/classifier';
import { CsvError } from '@cytoqueue/csv';
import type { LoadedModel } from '@cytoqueue/registry';
import { type ModelPin, batchRowsKey, createId } from '@cytoqueue/records';
import type { Schema } from '@cytoqueue/schema';
import { TabularError } from '@cytoqueue/tabular';
import { cpuTimeslices } from '../concurrency/cpu-timeslices';
import { toProblem } from '../to-problem';
import type { Problem } from '../http/problem';
import { findImportProfile } from '../import-profiles/import-profiles';
import { receiveUpload } from './accept-upload';
import type { BatchDeps, Upload } from './batch-deps';
import { HeaderProblem, reportColumns } from './match-columns';
import { PreflightStatistics, type StatisticsOptions } from './preflight-statistics';
import type { PreflightReport } from './preflight-report';
import { removeStoredWork } from './rollback';
import type { UploadSummary } from './upload-inspector';

/** Processed in one go, in about a millisecond. */
const SLICE_BYTES = 16 * 1024;

/**
 * Stores and reads the file like an upload, then removes it. A readable file gets a report, even if an upload of it would be refused.
 * Counts as a concurrent upload and is charged like one.
 * @throws Problem like the upload, for an unreadable file
 */
export function preflightBatch(
  deps: BatchDeps,
  request: Request,
  response: Response,
  upload: Omit<Upload, 'idempotencyKey' | 'requestedModel'>,
): Promise<PreflightReport> {
  const { registry, quotas, store } = deps;
  const { tenant, importParameters } = upload;
  return quotas.uploadLimiter.run(tenant, async () => {
    const { pin, ...loaded } = await registry.load(upload.model, tenant);
    const { schema } = loaded.model;
    const profile = await findImportProfile(store, tenant, importParameters.profile);
    const id = createId('batch_');
    let filename: string | null = null;
    try {
      const received = await receiveUpload(deps, deps.limits, request, response, {
        ...importParameters,
        tenant,
        id,
        schema,
        profile,
        onFilename: (name) => (filename = name),
      });
      const statistics = await readStatistics(deps, tenant, id, received.summary, schema, {
        missing: upload.options.missing,
        countNumbers: (samples) => driftJudgeOf(loaded.model).bins.count(samples),
      });
      return await toReport(deps, upload, pin, loaded, received, statistics);
    } catch (error) {
      return refusedReport(pin, loaded, filename, error);
    } finally {
      await removeStoredWork(deps, tenant, id);
    }
  });
}

/** Counts the rows of a stored upload in slices, between which the event loop runs other work. */
export async function readStatistics(
  { store }: Pick<BatchDeps, 'store'>,
  tenant: string,
  id: string,
  { header, storedColumns, canonical, bytes, shards, rows }: UploadSummary,
  schema: Schema,
  counting: Pick<StatisticsOptions, 'missing' | 'countNumbers'>,
): Promise<PreflightStatistics> {
  const statistics = new PreflightStatistics(header.dialect, storedColumns, schema, {
    ...counting,
    rows,
    firstLine: shards[0]?.firstLine ?? 2,
    canonical,
  });
  const key = batchRowsKey(tenant, { id, input: { canonical } });
  const end = canonical?.bytes ?? bytes;
  for await (const chunk of (await store.getStream(key, {
    start: shards[0]?.offset ?? header.byteLength,
    end,
  })) as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      await cpuTimeslices.next();
      statistics.add(chunk.subarray(at, at + SLICE_BYTES));
    }
  }
  statistics.end();
  return statistics;
}

async function toReport(
  { progress }: BatchDeps,
  { options, importParameters }: Omit<Upload, 'idempotencyKey' | 'requestedModel'>,
  pin: ModelPin,
  { model }: LoadedModel,
  { summary, filename }: { summary: UploadSummary; filename: string | null },
  statistics: PreflightStatistics,
): Promise<PreflightReport> {
  const { header, uploadedColumns, rows, bytes, sha256, report, warnings, warningsTotal } = summary;
  const msPerRow = await readMsPerRow(progress, pin.digest, statistics.msPerRow).catch(() => undefined);
  const refusals = [];
  if (importParameters.on_warning === 'abort' && warningsTotal > 0)
    refusals.push({
      code: 'file-has-warnings',
      detail: `on_warning=abort refuses a file with warnings: ${warningsTotal}.`,
    });
  const problems = [...refusals];
  if (statistics.valid === 0)
    problems.push({ code: 'nothing-to-score', detail: 'No row can be scored: the batch would fail.' });
  else if (options.on_error === 'abort' && statistics.rejected > 0)
    problems.push({
      code: 'rows-rejected',
      detail: `${statistics.rejected === 1 ? 'One row is' : `${statistics.rejected} rows are`} rejected: with on_error=abort the batch would fail.`,
    });
  return {
    filename,
    model: pin,
    accepted: refusals.length === 0,
    problems,
    input_sha256: sha256,
    bytes,
    import: report,
    warnings,
    warnings_total: warningsTotal,
    dialect: { delimiter: header.dialect.delimiter, line_end: header.dialect.lineEnd, bom: header.dialect.bom },
    columns: reportColumns(uploadedColumns, model.schema),
    ...statistics.report(rows),
    drift: judgeDrift(statistics.histogram, model),
    eta_seconds: msPerRow === undefined ? null : Math.ceil((rows * msPerRow) / 1_000),
  };
}

/**
 * The time that all workers together need for a row: measured on their recent shards with this model, else the time that this
 * preflight took for a row, which is about as long.
 */
async function readMsPerRow(
  progress: BatchDeps['progress'],
  modelDigest: string,
  readingMsPerRow: number,
): Promise<number | undefined> {
  const [speed, slots] = await Promise.all([progress.readScoringSpeed(modelDigest), progress.readScoringSlots()]);
  return slots === 0 ? undefined : (speed === undefined ? readingMsPerRow : 1_000 / speed) / slots;
}

/** Errors of files whose bytes can be read as a table. */
const READABLE = new Set([
  'header-short',
  'rows-above-header',
  'no-header-line',
  'names-in-column',
  'too-many-columns',
  'header-too-long',
  'unclosed-quote',
  'row-too-long',
  'malformed-quotes',
  'no-rows',
  'no-line-ends',
]);

/** @throws the error itself when the file cannot be read */
function refusedReport(
  pin: ModelPin,
  { model }: LoadedModel,
  filename: string | null,
  error: unknown,
): PreflightReport {
  const isReadable =
    error instanceof HeaderProblem ||
    ((error instanceof CsvError || error instanceof TabularError) && READABLE.has(error.code));
  if (!isReadable) throw error;
  const { detail, errors }: Problem = toProblem(error);
  return {
    filename,
    model: pin,
    accepted: false,
    problems: [
      { code: errors[0]?.code ?? 'invalid-csv', detail },
      ...errors.slice(1).map(({ code, detail: text }) => ({ code, detail: text })),
    ],
    input_sha256: null,
    bytes: null,
    import: null,
    warnings: [],
    warnings_total: 0,
    dialect: null,
    columns: error instanceof HeaderProblem ? error.columns : [],
    rows: null,
    rejected_by_code: {},
    errors: [],
    faults: [],
    missing_by_feature: {},
    drift: judgeDrift([], model),
    eta_seconds: null,
  };
}
