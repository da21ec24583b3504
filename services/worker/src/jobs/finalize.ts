/*
 * Delivery: at least once; effect: exactly once. Write order: the list of failed shards, the result files, the marker for
 * the shadow if the model has one, and last the manifest. All but the marker for the shadow are write-once. Then the run's
 * pending marker is deleted. BullMQ redelivers a finalizer that crashed, and the reconciler enqueues one whose job
 * Redis has lost; it writes the same bytes again.
 */
import type { FinalizeJob } from '@cytoqueue/queue';
import {
  type BatchDocument,
  type ManifestDocument,
  ObjectKeys,
  modelDeletedError,
  manifestShape,
  readDocument,
  putDocumentOnce,
} from '@cytoqueue/records';
import { ModelDeletedError } from '@cytoqueue/registry';
import { ObjectMismatchError } from '@cytoqueue/storage';
import { isTemporary } from '../errors';
import { markForShadow } from '../shadow/shadow-marker';
import type { BatchDocumentCache } from './batch-documents';
import { isCanceled, isRemoved, ignoreMissingObjectsOfRemovedBatch } from './batch-state';
import { type FinalizerDeps, RunFinalizer } from './run-finalizer';

/**
 * Completes runs. The store is authoritative, and a manifest is written once: redelivered and concurrent jobs leave the
 * same one.
 */
export class Finalizer {
  constructor(
    private readonly deps: FinalizerDeps,
    private readonly batchDocuments: BatchDocumentCache,
  ) {}

  /** @param shardsOfFailedJobs shards whose jobs have failed for good: after the last attempt, or with a permanent error */
  process(job: FinalizeJob, shardsOfFailedJobs: ReadonlySet<number>): Promise<void> {
    return this.runUnlessRemoved(job, () => this.finalizeOnce(job, shardsOfFailedJobs));
  }

  /** Checks before the work too, so that nothing is written for a removed batch. */
  private async runUnlessRemoved(job: FinalizeJob, work: () => Promise<void>): Promise<void> {
    if (!(await isRemoved(this.deps.store, job))) await ignoreMissingObjectsOfRemovedBatch(this.deps.store, job, work);
  }

  private async finalizeOnce(
    { tenant, batchId, run }: FinalizeJob,
    shardsOfFailedJobs: ReadonlySet<number>,
  ): Promise<void> {
    const { store, progress } = this.deps;
    await progress.markFinalizing(batchId, run);
    // A manifest is final, whatever was canceled, lost or found since it was written.
    if ((await store.head(ObjectKeys.runManifest(tenant, batchId, run))) === undefined)
      await this.completeRun(tenant, batchId, run, shardsOfFailedJobs);
    await store.delete(ObjectKeys.pending(tenant, batchId, run));
  }

  /**
   * Completes the run as failed when its finalizer has failed for good, so that the batch does not stay `finalizing`.
   * The scored rows remain available as partial results, and the run can be retried.
   */
  failRun(job: FinalizeJob): Promise<void> {
    return this.runUnlessRemoved(job, () => this.writeFailedManifest(job));
  }

  private async writeFailedManifest({ tenant, batchId, run }: FinalizeJob): Promise<void> {
    const { store } = this.deps;
    const key = ObjectKeys.runManifest(tenant, batchId, run);
    // A finalizer may fail after it has written the manifest.
    if ((await store.head(key)) === undefined) {
      const batch = await this.batchDocuments.read(tenant, batchId);
      const summary = await new RunFinalizer(this.deps, tenant, batch, run, new Set()).summarizeFailed();
      await this.putManifest(key, { ...summary, ...(await this.findReason(tenant, batch)) });
    }
    await store.delete(ObjectKeys.pending(tenant, batchId, run));
  }

  /**
   * The reason why rows cannot be scored, as far as it is the tenant's own doing: a deleted model.
   * @throws the store's error while it is unavailable, because a manifest is final
   */
  private async findReason(
    tenant: string,
    { model, rescores }: BatchDocument,
  ): Promise<Pick<ManifestDocument, 'error'>> {
    for (const pin of rescores === undefined ? [model] : [model, rescores.model]) {
      try {
        await this.deps.registry.loadPinned(pin, tenant);
      } catch (error) {
        if (error instanceof ModelDeletedError) return { error: modelDeletedError(pin) };
        if (isTemporary(error)) throw error;
      }
    }
    return {};
  }

  private async completeRun(
    tenant: string,
    batchId: string,
    run: number,
    shardsOfFailedJobs: ReadonlySet<number>,
  ): Promise<void> {
    const { store } = this.deps;
    const batch = await this.batchDocuments.read(tenant, batchId);
    const runFinalizer = new RunFinalizer(this.deps, tenant, batch, run, shardsOfFailedJobs);
    const manifest = (await isCanceled(store, tenant, batchId, run))
      ? await runFinalizer.summarizeCanceled()
      : await runFinalizer.writeFiles();
    if (manifest.status === 'succeeded' || manifest.status === 'completed_with_errors')
      await markForShadow(this.deps, tenant, batch, run);
    const reason = manifest.failed_shards.length > 0 ? await this.findReason(tenant, batch) : {};
    await this.putManifest(ObjectKeys.runManifest(tenant, batchId, run), { ...manifest, ...reason });
  }

  /**
   * Another finalizer may have written a manifest first: the same one, as a release without checksums writes it, or one of
   * another status, because the run was canceled or its finalizer failed meanwhile. The first one is final.
   * @throws ObjectMismatchError when two of one status differ
   */
  private async putManifest(key: string, manifest: ManifestDocument): Promise<void> {
    const { store } = this.deps;
    try {
      await putDocumentOnce(store, key, manifest);
    } catch (error) {
      if (!(error instanceof ObjectMismatchError)) throw error;
      const first = await readDocument(store, key, manifestShape);
      if (first.status === manifest.status && JSON.stringify(first) !== JSON.stringify(manifest)) throw error;
    }
  }
}
