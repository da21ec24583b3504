/*
 * Delivery: at least once. The evidence depends only on the batch's input and model, and its key names batch and row: a
 * redelivery writes the same bytes. There is no pending marker: a caller that still waits asks again.
 */
import { readRows } from '@cytoqueue/csv';
import type { RowEvidenceJob } from '@cytoqueue/queue';
import {
  type BatchDocument,
  ObjectKeys,
  type RowEvidenceDocument,
  readShardRows,
  shardAt,
  shardOfRow,
  putDocumentOnce,
} from '@cytoqueue/records';
import { readSamples, toNumbers } from '@cytoqueue/samples';
import type { Schema } from '@cytoqueue/schema';
import { ObjectMismatchError, type ObjectStore } from '@cytoqueue/storage';
import { matchStoredColumns } from '@cytoqueue/tabular';
import { type Predictors, toNeighbors } from './predictors';
import type { BatchDocumentCache } from './batch-documents';
import { isRemoved, ignoreMissingObjectsOfRemovedBatch } from './batch-state';

interface RowEvidenceDeps {
  store: ObjectStore;
  predictors: Predictors;
}

/** Explains one row of a batch. Does nothing for a row that was not scored, and for a batch that was deleted. */
export function explainRow(
  deps: RowEvidenceDeps,
  batchDocuments: BatchDocumentCache,
  job: RowEvidenceJob,
): Promise<void> {
  const { tenant, batchId, row } = job;
  return ignoreMissingObjectsOfRemovedBatch(deps.store, job, async () => {
    const batch = await batchDocuments.read(tenant, batchId);
    const document = await explain(deps, tenant, batch, row);
    if (document === undefined) return;
    const key = ObjectKeys.rowEvidence(tenant, batchId, row);
    // A worker of another release may have stored its evidence first, which may differ.
    await putDocumentOnce(deps.store, key, document).catch((error: unknown) => {
      if (!(error instanceof ObjectMismatchError)) throw error;
    });
    // A deletion that started earlier may have missed this object.
    if (await isRemoved(deps.store, job)) await deps.store.delete(key);
  });
}

async function explain(
  { store, predictors }: RowEvidenceDeps,
  tenant: string,
  batch: BatchDocument,
  row: number,
): Promise<RowEvidenceDocument | undefined> {
  const shard = shardOfRow(batch, row);
  const bytes = await readShardRows(store, tenant, batch, shard);
  const { explainer } = await predictors.load(batch.model, tenant);
  const { schema } = explainer.model;
  const sample = readSample(bytes, batch, row - shardAt(batch, shard).firstRow, schema);
  if (sample === undefined) return undefined;
  const { prediction, evidence } = explainer.explain(sample, { operatingPoint: batch.options.operating_point });
  const names = schema.features.map(({ name }) => name);
  return { neighbors: toNeighbors(prediction, names, schema.labels), evidence };
}

/**
 * Reads a row as scoring reads it.
 * @param index of the row in its shard
 * @returns undefined for a row that was rejected
 */
function readSample(
  bytes: Buffer,
  { input, options }: BatchDocument,
  index: number,
  schema: Schema,
): Float64Array | undefined {
  const { start, end } = readRows(bytes, input.dialect, {
    columns: 1,
    featureColumns: [],
    maxValue: 1,
    missingTokens: [],
  });
  const record = bytes.subarray(start[index], end[index]);
  const { samples, count } = readSamples(
    record,
    input.dialect,
    matchStoredColumns(input, schema),
    schema,
    options.missing,
    {
      faultColumn: input.canonical?.fault,
    },
  );
  return count === 0 ? undefined : toNumbers(samples);
}
