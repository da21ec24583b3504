import { findDocument, putPending, type TrainingDocument, TrainingKeys, trainingShape } from '@cytoqueue/records';
import { ENQUEUE_RETRY_MS } from '../concurrency/background';
import type { TrainingDeps } from './training-deps';

/** The training of an idempotency key; undefined when it was deleted or has expired. */
export async function findTraining(
  { store, retention }: Pick<TrainingDeps, 'store' | 'retention'>,
  tenant: string,
  id: string,
): Promise<TrainingDocument | undefined> {
  if (retention.isExpired(id)) return undefined;
  return findDocument(store, TrainingKeys.document(tenant, id), trainingShape);
}

/** Finds the training created earlier with this key and its payload digest. */
export async function findByIdempotencyKey(
  deps: Pick<TrainingDeps, 'store' | 'retention' | 'idempotency'>,
  tenant: string,
  key: string | undefined,
): Promise<{ training: TrainingDocument; payloadSha256: string } | undefined> {
  const claim = key === undefined ? undefined : await deps.idempotency.find(tenant, key);
  const training = claim && (await findTraining(deps, tenant, claim.id));
  return claim && training && { training, payloadSha256: claim.payload_sha256 };
}

/**
 * Completes the acceptance of a training whose request was interrupted after its claim: stores the marker and enqueues the
 * training, unless it is finished.
 */
export async function ensureAccepted(deps: TrainingDeps, tenant: string, { id }: TrainingDocument): Promise<void> {
  const { store, producer, background } = deps;
  if ((await store.head(TrainingKeys.result(tenant, id))) !== undefined) return;
  await putPending(store, tenant, id);
  await background.tryNowThenRetry(
    'enqueue training',
    async () => {
      if (!(await producer.canTrainingFinish(id))) await producer.reenqueueTraining({ tenant, trainingId: id });
    },
    { giveUpAfterMs: ENQUEUE_RETRY_MS },
  );
}

export async function enqueue(
  { producer, background }: Pick<TrainingDeps, 'producer' | 'background'>,
  tenant: string,
  id: string,
): Promise<void> {
  await background.tryNowThenRetry('enqueue training', () => producer.enqueueTraining({ tenant, trainingId: id }), {
    giveUpAfterMs: ENQUEUE_RETRY_MS,
  });
}
