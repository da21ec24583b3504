import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ERROR_COLUMNS, RESULT_COLUMNS, resultHeader } from '@cytoqueue/csv';
import { type Registry, explainColumns } from '@cytoqueue/registry';
import { type BatchRecord, type DamageReport, ObjectCorruptError, ObjectKeys, type ObjectStore, decodeShardObject, scoredShards } from '@cytoqueue/storage';
import type { Response } from 'express';
import type { StoredBatch } from './runs';

export type PartialFile = 'results' | 'errors';

interface PartialServices {
  store: ObjectStore;
  registry: Registry;
  damage: DamageReport;
}

/** The rows of the shards that are finished so far, in the input's order, shard by shard from the store; with gaps where none is, or where its object is damaged. */
export async function sendPartial(response: Response, services: PartialServices, tenant: string, stored: StoredBatch, which: PartialFile): Promise<void> {
  const shards = [...(await scoredShards(services.store, tenant, stored.record.id))].sort((a, b) => a - b);
  response.status(200).attachment(`${stored.record.id}-partial-${which}.csv`);
  response.set({ 'Content-Type': 'text/csv; charset=utf-8', 'Cache-Control': 'no-store' });
  await pipeline(Readable.from(parts(services, tenant, stored.record, shards, which), { objectMode: false }), response);
}

async function* parts(
  { store, registry, damage }: PartialServices, tenant: string, record: BatchRecord, shards: number[], which: PartialFile,
): AsyncGenerator<Uint8Array> {
  const { input, options, model } = record;
  const header = await store.getRange(ObjectKeys.batchInput(tenant, record.id), { start: 0, end: input.header_bytes });
  const added = which === 'errors' ? ERROR_COLUMNS : [...RESULT_COLUMNS, ...(options.explain ? explainColumns((await registry.pinned(model)).model) : [])];
  yield resultHeader(header, { dialect: input.dialect, columns: input.columns, added, formulas: options.formulas });
  for (const shard of shards) {
    const key = ObjectKeys.shard(tenant, record.id, shard, `${model.name}@${model.version}`);
    const part = await readPart(store, damage, key, record.shards[shard]?.rows ?? 0, which);
    if (part.length > 0) yield part;
  }
}

/** A damaged shard leaves a gap, as one that is not scored does. */
async function readPart(store: ObjectStore, damage: DamageReport, key: string, rows: number, which: PartialFile): Promise<Uint8Array> {
  try {
    return decodeShardObject(await store.get(key), key, rows)[which];
  } catch (error) {
    if (!(error instanceof ObjectCorruptError)) throw error;
    damage.report(key, error);
    return new Uint8Array();
  }
}
