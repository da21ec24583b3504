import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ERROR_COLUMNS, RESULT_COLUMNS, resultHeader } from '@cytoqueue/csv';
import { type Registry, explainColumns } from '@cytoqueue/registry';
import { type BatchRecord, ObjectCorruptError, ObjectKeys, type ObjectStore, decodeShardObject, scoredShards } from '@cytoqueue/storage';
import type { Response } from 'express';
import { alarmOfDamage } from '../http/errors';
import type { StoredBatch } from './runs';

export type PartialFile = 'results' | 'errors';

interface PartialServices {
  store: ObjectStore;
  registry: Registry;
}

/** The rows of the shards that are finished so far, in the input's order, shard by shard from the store; with gaps where none is, or where its object is damaged. */
export async function sendPartial(response: Response, services: PartialServices, tenant: string, stored: StoredBatch, which: PartialFile): Promise<void> {
  const shards = [...(await scoredShards(services.store, tenant, stored.record.id))].sort((a, b) => a - b);
  response.status(200).attachment(`${stored.record.id}-partial-${which}.csv`);
  response.set({ 'Content-Type': 'text/csv; charset=utf-8', 'Cache-Control': 'no-store' });
  const onDamage = (error: ObjectCorruptError) => alarmOfDamage(response, error);
  await pipeline(Readable.from(parts(services, tenant, stored.record, shards, which, onDamage), { objectMode: false }), response);
}

async function* parts(
  { store, registry }: PartialServices, tenant: string, record: BatchRecord, shards: number[], which: PartialFile, onDamage: (error: ObjectCorruptError) => void,
): AsyncGenerator<Uint8Array> {
  const { input, options, model } = record;
  const header = await store.getRange(ObjectKeys.batchInput(tenant, record.id), { start: 0, end: input.header_bytes });
  const added = which === 'errors' ? ERROR_COLUMNS : [...RESULT_COLUMNS, ...(options.explain ? explainColumns((await registry.pinned(model)).model) : [])];
  yield resultHeader(header, { dialect: input.dialect, columns: input.columns, added, formulas: options.formulas });
  for (const shard of shards) {
    const key = ObjectKeys.shard(tenant, record.id, shard, `${model.name}@${model.version}`);
    const part = partOf(await store.get(key), key, record.shards[shard].rows, which);
    if (part instanceof ObjectCorruptError) onDamage(part);
    else if (part.length > 0) yield part;
  }
}

function partOf(bytes: Buffer, key: string, rows: number, which: PartialFile): Uint8Array | ObjectCorruptError {
  try {
    return decodeShardObject(bytes, key, rows)[which];
  } catch (error) {
    if (error instanceof ObjectCorruptError) return error;
    throw error;
  }
}
