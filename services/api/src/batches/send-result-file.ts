import { type ManifestDocument, RunFile, type RunFileName } from '@cytoqueue/records';
import { RESULT_FORMATS, type ResultFormat } from '@cytoqueue/tabular';
import type { ConcurrencyLimiter } from '../concurrency/concurrency-limiter';
import { Problem } from '../http/problem';
import type { HandlerContext } from '../http/router';
import type { RetentionPolicy } from '../tenants/retention-policy';
import type { BatchDeps } from './batch-deps';
import { requireFinishedFile, sendFile } from './download';
import { columnTypes, sendExport } from './export';
import { sendPartialFile } from './partial-download';
import { readBatch } from './read-batch';

export type ResultFileDeps = BatchDeps & {
  /** Limits concurrent conversions of results. */
  exportLimiter: ConcurrencyLimiter;
  retention: RetentionPolicy;
};

const PRESIGNED_SECONDS = 300;

/**
 * Sends a file of the latest run: usually the stored CSV, and if requested, converted to another format, by redirect to
 * the store or, while the run has no such file (yet), as a partial file: the rows of the shards scored so far.
 */
export async function sendResultFile(
  deps: ResultFileDeps,
  { request, response, params, query, principal, auditEntry }: HandlerContext,
  resultFile: RunFileName,
): Promise<void> {
  const stored = await readBatch(deps.store, principal.tenant, params.id);
  const format = requestedFormat(request, query['format'] as ResultFormat | 'csv' | undefined);
  if (query['format'] === undefined) response.vary('Accept');
  if (query['partial'] === true && stored.finished?.manifest[resultFile] === undefined && resultFile !== 'changes') {
    if (format !== 'csv') throw new Problem('invalid-request', 'Partial files are CSV only.');
    deps.retention.assertInputNotExpired(params.id);
    await auditEntry.recordDurably();
    return sendPartialFile(request, response, deps, principal.tenant, stored, resultFile);
  }
  const { batch, run } = stored;
  const { expected, manifest } = requireFinishedFile(principal.tenant, stored, resultFile);
  const name = downloadName(batch.filename ?? params.id, resultFile);
  const file = new RunFile(deps.store, principal.tenant, batch, run, resultFile, expected);
  await auditEntry.recordDurably();
  if (format !== 'csv') {
    const rows = rowsOf(resultFile, manifest);
    const { model } = await deps.registry.loadPinned(batch.model, principal.tenant);
    const types = columnTypes(resultFile, batch, model.schema);
    const exported = { file, expected, rows, format, batch, types, name: name.replace(/\.csv$/, '') };
    return deps.exportLimiter.run(principal.tenant, async () => {
      deps.quotas.rateLimit.addRows(principal.tenant, rows);
      await sendExport(request, response, exported);
    });
  }
  // Parts may be in a bucket after the objects of a file store were copied there.
  if (query['redirect'] === true && expected.composed !== true) {
    const url = await deps.store.presignGet(file.key, { expiresSeconds: PRESIGNED_SECONDS, downloadName: name });
    if (url !== undefined) return response.redirect(303, url);
  }
  await sendFile(request, response, { file, expected, name });
}

/** The query's format, else the one that Accept prefers. */
function requestedFormat(
  request: HandlerContext['request'],
  format: ResultFormat | 'csv' | undefined,
): ResultFormat | 'csv' {
  if (format !== undefined) return format;
  const formats = Object.entries(RESULT_FORMATS).map(
    ([name, { mediaType }]) => [mediaType, name as ResultFormat] as const,
  );
  const accepted = request.accepts(['text/csv', ...formats.map(([mediaType]) => mediaType)]);
  return formats.find(([mediaType]) => mediaType === accepted)?.[1] ?? 'csv';
}

/** Number of data rows of a run's file. */
function rowsOf(file: RunFileName, { counts, changed_rows = 0 }: ManifestDocument): number {
  return { results: counts.total, errors: counts.rejected + counts.failed, changes: changed_rows }[file];
}

/** Removes quotes and backslashes, which careless header parsers take for the end of the name. */
function downloadName(filename: string, resultFile: RunFileName): string {
  return `${filename.replace(/(?<=.)\.[^.]*$/, '').replaceAll(/["\\]/g, '_')}-${resultFile}.csv`;
}
