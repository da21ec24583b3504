import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { resultColumns, resultHeader } from '@cytoqueue/csv';
import type { ModelRegistry } from '@cytoqueue/registry';
import {
  type BatchDocument,
  type DamageReport,
  batchRowsKey,
  decodeShardObject,
  errorColumns,
  explainColumns,
  listScoredShards,
  maxShardBytes,
  shardKey,
} from '@cytoqueue/records';
import { probabilityName } from '@cytoqueue/schema';
import { ObjectCorruptError, ObjectNotFoundError, type ObjectStore, ObjectUnreadableError } from '@cytoqueue/storage';
import type { Request, Response } from 'express';
import { Problem } from '../http/problem';
import type { TenantQuotas } from '../tenants/tenant-quotas';
import type { StoredBatch } from './read-batch';

export type PartialFile = 'results' | 'errors';

interface PartialDownloadDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  quotas: Pick<TenantQuotas, 'rateLimit'>;
  damage: DamageReport;
}

/**
 * Sends the rows of the shards scored so far, in input order; unscored and damaged shards leave gaps. Charged by rows,
 * because the file is composed for each request.
 * @throws Problem 410 when the input, which holds the header, was removed
 */
export async function sendPartialFile(
  request: Request,
  response: Response,
  deps: PartialDownloadDeps,
  tenant: string,
  stored: StoredBatch,
  file: PartialFile,
): Promise<void> {
  const { batch } = stored;
  const [header, scored] = await Promise.all([
    headerRow(deps, tenant, batch, file),
    listScoredShards(deps.store, tenant, batch.id),
  ]);
  const shards = [...scored].sort((a, b) => a - b);
  response.status(200).attachment(`${batch.id}-partial-${file}.csv`);
  response.set({ 'Content-Type': 'text/csv; charset=utf-8', 'Cache-Control': 'no-store' });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  deps.quotas.rateLimit.addRows(
    tenant,
    shards.reduce((rows, shard) => rows + (batch.shards[shard]?.rows ?? 0), 0),
  );
  await pipeline(
    Readable.from(partialChunks(deps, tenant, batch, shards, file, header), { objectMode: false }),
    response,
  );
}

async function headerRow(
  { store, registry }: PartialDownloadDeps,
  tenant: string,
  batch: BatchDocument,
  file: PartialFile,
): Promise<Uint8Array> {
  const { input, options } = batch;
  const header = await store
    .getRange(batchRowsKey(tenant, batch), { start: 0, end: input.header_bytes })
    .catch((error: unknown) => {
      throw error instanceof ObjectNotFoundError
        ? new Problem('expired', 'The uploaded file is not kept any more.', { cause: error })
        : error;
    });
  const added = file === 'errors' ? errorColumns(batch) : await addedResultColumns(registry, tenant, batch);
  return resultHeader(header, { dialect: input.dialect, columns: input.columns, added, formulas: options.formulas });
}

/** Loads the model for the names of its evidence columns only, so that other results outlast a deleted model. */
async function addedResultColumns(
  registry: ModelRegistry,
  tenant: string,
  { options, model, labels = ['benign', 'malignant'] }: BatchDocument,
): Promise<string[]> {
  const columns = resultColumns(probabilityName({ labels }));
  if (!options.explain) return columns;
  const { schema } = (await registry.loadPinned(model, tenant)).model;
  return [...columns, ...explainColumns(schema)];
}

async function* partialChunks(
  { store, damage }: PartialDownloadDeps,
  tenant: string,
  batch: BatchDocument,
  shards: number[],
  file: PartialFile,
  header: Uint8Array,
): AsyncGenerator<Uint8Array> {
  yield header;
  for (const shard of shards) {
    const range = batch.shards[shard] ?? { length: 0, rows: 0 };
    const bytes = await readShardFile(store, damage, shardKey(tenant, batch, shard), range, file);
    if (bytes.length > 0) yield bytes;
  }
}

/** A damaged or unreadable shard leaves a gap, like an unscored one. */
async function readShardFile(
  store: ObjectStore,
  damage: DamageReport,
  key: string,
  range: { length: number; rows: number },
  file: PartialFile,
): Promise<Uint8Array> {
  try {
    return decodeShardObject(await store.get(key, undefined, maxShardBytes(range)), key, range.rows)[file];
  } catch (error) {
    if (!(error instanceof ObjectCorruptError) && !(error instanceof ObjectUnreadableError)) throw error;
    damage.report(key, error);
    return new Uint8Array();
  }
}
