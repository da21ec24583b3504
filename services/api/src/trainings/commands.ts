import {
  deletePending,
  putOrReadDocument,
  TrainingKeys,
  type TrainingResult,
  trainingResultShape,
} from '@cytoqueue/records';
import { ObjectCorruptError, ObjectUnreadableError, listAll } from '@cytoqueue/storage';
import { removeStoredWork } from '../batches/rollback';
import { Problem } from '../http/problem';
import type { TrainingDeps } from './training-deps';
import { readTraining } from './training-response';

/**
 * Ends a training at once: its result is written once, so of a cancel and a worker that finishes, one decides. The worker drops
 * its work when it finds the result.
 * @throws ObjectNotFoundError, Problem 409 when it has ended otherwise
 */
export async function cancelTraining(deps: TrainingDeps, tenant: string, id: string): Promise<void> {
  const { store } = deps;
  const { result } = await readTraining(deps, tenant, id);
  const canceled: TrainingResult = { status: 'canceled', completed_at: new Date().toISOString() };
  const key = TrainingKeys.result(tenant, id);
  const { status } = result ?? (await putOrReadDocument(store, key, canceled, trainingResultShape));
  if (status !== 'canceled') throw new Problem('already-finished', `The training has ${status} already.`);
  await deletePending(store, tenant, id);
}

/**
 * Removes a final training. `training.json` is removed when only the result remains: until then the training exists and a failed
 * DELETE can be repeated; after it the response is 204 and the rest is removed in the background.
 * @throws ObjectNotFoundError, Problem 409
 */
export async function deleteTraining(deps: TrainingDeps, tenant: string, id: string): Promise<void> {
  const { store } = deps;
  await assertDeletable(deps, tenant, id);
  const folder = TrainingKeys.folder(tenant, id);
  const document = TrainingKeys.document(tenant, id);
  const result = TrainingKeys.result(tenant, id);
  for await (const { key } of listAll(store, folder)) if (key !== document && key !== result) await store.delete(key);
  await store.delete(document);
  await removeStoredWork(deps, tenant, id, folder);
}

/** A training with a damaged or unreadable document cannot continue, so it may be deleted too. */
async function assertDeletable(deps: TrainingDeps, tenant: string, id: string): Promise<void> {
  try {
    const { result } = await readTraining(deps, tenant, id);
    if (result === undefined) throw new Problem('not-finished', 'The training is not finished; cancel it first.');
  } catch (error) {
    if (!(error instanceof ObjectCorruptError) && !(error instanceof ObjectUnreadableError)) throw error;
  }
}
