import { type BatchRecord, ObjectKeys, type OperatingPointName, createId } from '@cytoqueue/storage';
import { assertSamePayload, payloadDigest } from '../http/idempotency';
import { Problem } from '../http/problem';
import type { Retention } from '../http/retention';
import type { BatchServices } from './accept';
import { commitBatch, findEarlierBatch, resumeBatch } from './commit';
import { withRollback } from './rollback';
import { readBatch } from './runs';

export interface RescoreOptions {
  model?: string;
  operating_point: OperatingPointName;
  idempotencyKey: string | undefined;
}

type RescoreServices = BatchServices & { retention: Retention };

/**
 * A new batch with the same input, shards and options, another model or operating point, and a list of the rows whose
 * class that changes. The store copies the input, so that either batch can be deleted without the other. Charged, counted
 * and limited as the upload of the same file.
 * @throws ObjectNotFoundError, UnknownModelError, Problem 410, 413, 429, 422 when the model reads other columns
 */
export async function rescoreBatch(services: RescoreServices, tenant: string, id: string, options: RescoreOptions): Promise<BatchRecord> {
  const payload = ['rescore', id, options.model, options.operating_point];
  const earlier = await findEarlierBatch(services, tenant, options.idempotencyKey);
  if (earlier !== undefined) {
    assertSamePayload(earlier.payloadSha256, payloadDigest(payload));
    await resumeBatch(services, tenant, earlier.record);
    return earlier.record;
  }
  services.retention.checkInput(id);
  return services.use.uploads.hold(tenant, async () => {
    const record = await describeRescore(services, tenant, id, options);
    services.use.rate.chargeRows(tenant, record.rows);
    await withRollback(services, tenant, record.id, async () => {
      await services.use.stored.reserve(tenant, record.id, record.input.bytes);
      await services.store.copy(ObjectKeys.batchInput(tenant, id), ObjectKeys.batchInput(tenant, record.id));
    });
    return commitBatch(services, { tenant, idempotencyKey: options.idempotencyKey }, record, payload);
  });
}

async function describeRescore({ store, registry }: BatchServices, tenant: string, id: string, options: RescoreOptions): Promise<BatchRecord> {
  const { record: source } = await readBatch(store, tenant, id);
  const model = await registry.resolve(options.model);
  const [now, before] = await Promise.all([registry.pinned(model), registry.pinned(source.model)]);
  if (now.model.schema.id !== before.model.schema.id) throw otherSchema(now.model.ref, before.model.ref);
  return {
    ...source,
    id: createId('batch_'),
    created_at: new Date().toISOString(),
    model,
    options: { ...source.options, operating_point: options.operating_point },
    rescores: { batch_id: id, model: source.model, operating_point: source.options.operating_point },
  };
}

function otherSchema(now: string, before: string): Problem {
  const detail = `${now} reads other columns than ${before}, with which the batch was scored`;
  return new Problem('invalid-request', detail, { errors: [{ field: 'model', code: 'other-schema', detail }] });
}
