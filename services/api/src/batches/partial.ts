import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ERROR_COLUMNS, RESULT_COLUMNS, resultHeader } from '@cytoqueue/csv';
import { type Registry, explainColumns } from '@cytoqueue/registry';
import { type BatchRecord, type DamageReport, ObjectCorruptError, ObjectKeys, ObjectNotFoundError, type ObjectStore, ObjectUnreadableError, decodeShardObject, scoredShards } from '@cytoqueue/storage';
import type { Request, Response } from 'express';
import { Problem } from '../http/problem';
import type { TenantUse } from '../http/tenant-use';
import type { StoredBatch } from './runs';

export type PartialFile = 'results' | 'errors';

interface PartialServices {
  store: ObjectStore;
  registry: Registry;
  use: Pick<TenantUse, 'rate'>;
  damage: DamageReport;
}

/**
 * The rows of the shards that are finished so far, in the input's order, shard by shard from the store; with gaps where none
 * is, or where its object is damaged. Charged by rows, because it is composed for each request. @throws Problem 410 when the input, and with it the header, is gone
 */
export async function sendPartial(request: Request, response: Response, services: PartialServices, tenant: string, stored: StoredBatch, which: PartialFile): Promise<void> {
  const { record } = stored;
  const [header, scored] = await Promise.all([headerRow(services, tenant, record, which), scoredShards(services.store, tenant, record.id)]);
  const shards = [...scored].sort((a, b) => a - b);
  response.status(200).attachment(`${record.id}-partial-${which}.csv`);
  response.set({ 'Content-Type': 'text/csv; charset=utf-8', 'Cache-Control': 'no-store' });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  services.use.rate.chargeRows(tenant, shards.reduce((rows, shard) => rows + (record.shards[shard]?.rows ?? 0), 0));
  await pipeline(Readable.from(parts(services, tenant, record, shards, which, header), { objectMode: false }), response);
}

async function headerRow({ store, registry }: PartialServices, tenant: string, { id, input, options, model }: BatchRecord, which: PartialFile): Promise<Uint8Array> {
  const header = await store.getRange(ObjectKeys.batchInput(tenant, id), { start: 0, end: input.header_bytes }).catch((error: unknown) => {
    throw error instanceof ObjectNotFoundError ? new Problem('expired', 'The uploaded file is not kept any more.', { cause: error }) : error;
  });
  const added = which === 'errors' ? ERROR_COLUMNS : [...RESULT_COLUMNS, ...(options.explain ? explainColumns((await registry.pinned(model)).model) : [])];
  return resultHeader(header, { dialect: input.dialect, columns: input.columns, added, formulas: options.formulas });
}

async function* parts(
  { store, damage }: PartialServices, tenant: string, { id, model, shards: ranges }: BatchRecord, shards: number[], which: PartialFile, header: Uint8Array,
): AsyncGenerator<Uint8Array> {
  yield header;
  for (const shard of shards) {
    const key = ObjectKeys.shard(tenant, id, shard, `${model.name}@${model.version}`);
    const part = await readPart(store, damage, key, ranges[shard]?.rows ?? 0, which);
    if (part.length > 0) yield part;
  }
}

/** A shard that is damaged or cannot be read leaves a gap, as one that is not scored does. */
async function readPart(store: ObjectStore, damage: DamageReport, key: string, rows: number, which: PartialFile): Promise<Uint8Array> {
  try {
    return decodeShardObject(await store.get(key), key, rows)[which];
  } catch (error) {
    if (!(error instanceof ObjectCorruptError) && !(error instanceof ObjectUnreadableError)) throw error;
    damage.report(key, error);
    return new Uint8Array();
  }
}
