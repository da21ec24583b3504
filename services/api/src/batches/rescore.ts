import { type BatchDocument, ObjectKeys, type OperatingPointName, createId } from '@cytoqueue/records';
import { assertSamePayload, payloadDigest } from '../tenants/idempotency';
import { applySettings } from '../settings/settings-reader';
import { Problem } from '../http/problem';
import type { RetentionPolicy } from '../tenants/retention-policy';
import type { BatchDeps } from './batch-deps';
import { commitBatch, findByIdempotencyKey, ensureAccepted, storedBytes } from './commit';
import { withRollback } from './rollback';
import { readBatch } from './read-batch';

export interface RescoreOptions {
  model?: string;
  operating_point?: OperatingPointName;
  idempotencyKey: string | undefined;
}

type RescoreDeps = BatchDeps & { retention: RetentionPolicy };

/**
 * Creates a batch with the same input, shards and options but another model or operating point; its results list the rows
 * whose class changes. The store copies the input, so that either batch can be deleted alone. Counts as an upload of the same
 * file for all limits.
 * @throws ObjectNotFoundError, UnknownModelError, Problem 410, 413, 429, 422 when the model reads other columns
 */
export async function rescoreBatch(
  deps: RescoreDeps,
  tenant: string,
  id: string,
  options: RescoreOptions,
): Promise<BatchDocument> {
  const payload = ['rescore', id, options.model, options.operating_point ?? 'default'];
  const earlier = await findByIdempotencyKey(deps, tenant, options.idempotencyKey);
  if (earlier !== undefined) {
    assertSamePayload(earlier.payloadSha256, payloadDigest(payload));
    await ensureAccepted(deps, tenant, earlier.batch);
    return earlier.batch;
  }
  deps.retention.assertInputNotExpired(id);
  return deps.quotas.uploadLimiter.run(tenant, async () => {
    const batch = await createRescoredBatch(deps, tenant, id, options);
    deps.quotas.rateLimit.addRows(tenant, batch.rows);
    await withRollback(deps, tenant, batch.id, async () => {
      await deps.quotas.storage.reserve(tenant, batch.id, storedBytes(batch));
      await deps.store.copy(ObjectKeys.batchInput(tenant, id), ObjectKeys.batchInput(tenant, batch.id));
      if (batch.input.canonical !== undefined)
        await deps.store.copy(ObjectKeys.batchCanonical(tenant, id), ObjectKeys.batchCanonical(tenant, batch.id));
    });
    return commitBatch(deps, { tenant, idempotencyKey: options.idempotencyKey }, batch, payload);
  });
}

async function createRescoredBatch(
  { store, registry, tenantSettings }: BatchDeps,
  tenant: string,
  id: string,
  options: RescoreOptions,
): Promise<BatchDocument> {
  const { batch: source } = await readBatch(store, tenant, id);
  const { model: reference, operating_point } = await applySettings(tenantSettings, tenant, options);
  const [current, previous] = await Promise.all([
    registry.load(reference, tenant),
    registry.loadPinned(source.model, tenant),
  ]);
  if (current.model.schema.id !== previous.model.schema.id) throw schemaMismatch(current.model.ref, previous.model.ref);
  return {
    ...source,
    id: createId('batch_'),
    created_at: new Date().toISOString(),
    model: current.pin,
    options: { ...source.options, operating_point },
    rescores: { batch_id: id, model: source.model, operating_point: source.options.operating_point },
  };
}

function schemaMismatch(current: string, previous: string): Problem {
  const detail = `${current} reads other columns than ${previous}, with which the batch was scored`;
  return new Problem('invalid-request', detail, { errors: [{ field: 'model', code: 'other-schema', detail }] });
}
