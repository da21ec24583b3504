import type { Producer } from '@cytoqueue/queue';
import type { Registry } from '@cytoqueue/registry';
import { type BatchOptions, type BatchRecord, type ModelPin, ObjectKeys, type ObjectStore, createId } from '@cytoqueue/storage';
import type { Request, Response } from 'express';
import { type Intake, type IntakeLimits, storeUpload } from './intake';
import { receiveFile } from './receive';

export interface BatchServices {
  store: ObjectStore;
  registry: Registry;
  producer: Producer;
  limits: IntakeLimits;
}

export interface Upload {
  tenant: string;
  model: string | undefined;
  options: BatchOptions;
}

/**
 * A 202 is a promise: input, `batch.json` and pending marker are durable before the shards are enqueued.
 * When anything fails before that, or the client goes, every object of the batch is taken back.
 */
export async function acceptBatch(services: BatchServices, request: Request, response: Response, upload: Upload): Promise<BatchRecord> {
  const { store, registry } = services;
  const pin = await registry.resolve(upload.model);
  const { schema } = (await registry.pinned(pin)).model;
  const id = createId('batch_');
  const key = ObjectKeys.batchInput(upload.tenant, id);
  const signal = abortWithClient(request, response);
  try {
    const { intake, filename } = await receiveFile(request, response, async (source, name) => ({
      filename: name,
      intake: await storeUpload(source, { store, key, signal }, schema, services.limits),
    }));
    return await enqueueStored(services, upload.tenant, createRecord(id, filename, pin, upload.options, intake));
  } catch (error) {
    await takeBack(store, upload.tenant, id);
    throw error;
  }
}

/** Removes whatever is there of a batch that was not accepted after all. */
export async function takeBack(store: ObjectStore, tenant: string, id: string): Promise<void> {
  await Promise.allSettled([store.delete(ObjectKeys.pending(tenant, id)), store.deletePrefix(ObjectKeys.batchPrefix(tenant, id))]);
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

/** Description and pending marker are durable before the shards are enqueued. */
export async function enqueueStored({ store, producer }: BatchServices, tenant: string, record: BatchRecord): Promise<BatchRecord> {
  await Promise.all([
    store.put(ObjectKeys.batchRecord(tenant, record.id), Buffer.from(JSON.stringify(record)), { contentType: 'application/json' }),
    store.put(ObjectKeys.pending(tenant, record.id), Buffer.alloc(0)),
  ]);
  const shards = record.shards.map(({ rows }, shard) => ({ shard, rows }));
  await producer.enqueueBatch({ tenant, batchId: record.id, run: 1, shards });
  return record;
}
