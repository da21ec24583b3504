import { type BatchRecord, ObjectKeys, type OperatingPointName, createId } from '@cytoqueue/storage';
import { Problem } from '../http/problem';
import { type BatchServices, acceptRecord, orTakeBack } from './accept';
import { readBatch } from './runs';

export interface RescoreOptions {
  model?: string;
  operating_point: OperatingPointName;
  idempotencyKey: string | undefined;
}

/**
 * A new batch with the same input, shards and options, another model or operating point, and a list of the rows whose
 * class that changes. The input is copied, so that either batch can be deleted without the other.
 * @returns the new batch's id
 * @throws ObjectNotFoundError, UnknownModelError, Problem 422 when the model reads other columns
 */
export async function rescoreBatch(services: BatchServices, tenant: string, id: string, options: RescoreOptions): Promise<string> {
  const { store, registry } = services;
  const { record: source } = await readBatch(store, tenant, id);
  await services.use.stored.checkRoom(tenant, source.input.bytes);
  const model = await registry.resolve(options.model);
  const [now, before] = await Promise.all([registry.pinned(model), registry.pinned(source.model)]);
  if (now.model.schema.id !== before.model.schema.id) throw otherSchema(now.model.ref, before.model.ref);
  const record: BatchRecord = {
    ...source,
    id: createId('batch_'),
    created_at: new Date().toISOString(),
    model,
    options: { ...source.options, operating_point: options.operating_point },
    rescores: { batch_id: id, model: source.model, operating_point: source.options.operating_point },
  };
  await orTakeBack(store, tenant, record.id, async () => {
    const input = await store.getStream(ObjectKeys.batchInput(tenant, id));
    await store.put(ObjectKeys.batchInput(tenant, record.id), input, { contentType: 'text/csv' });
  });
  const payload = ['rescore', id, options.model, options.operating_point];
  return acceptRecord(services, { tenant, idempotencyKey: options.idempotencyKey }, record, payload);
}

function otherSchema(now: string, before: string): Problem {
  const detail = `${now} reads other columns than ${before}, with which the batch was scored`;
  return new Problem('invalid-request', detail, { errors: [{ field: 'model', code: 'other-schema', detail }] });
}
