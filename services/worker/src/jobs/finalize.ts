/*
 * Delivery: at least once; effect: exactly once. Order: which shards have failed (decided once), the files (written once),
 * the manifest (last, once), then the pending marker of this run goes. Dead anywhere between, it is done again to the same bytes; until
 * the marker is gone the reconciler sees to that.
 */
import { createHash } from 'node:crypto';
import { CHANGE_COLUMNS, RESULT_COLUMNS, resultHeader } from '@cytoqueue/csv';
import type { FinalizeJob } from '@cytoqueue/queue';
import { judgeFile } from '@cytoqueue/classifier';
import {
  type BatchDocument,
  type BatchSummary,
  type DriftDocument,
  type FileDigest,
  type ManifestDocument,
  ObjectKeys,
  batchRowsKey,
  type ShardCounts,
  type ShardObject,
  decodeShardObject,
  emptyCounts,
  failedShardsShape,
  manifestShape,
  readDocument,
  sealDocument,
  listUnscoredShards,
  errorColumns,
  explainColumns,
} from '@cytoqueue/records';
import { ObjectMismatchError } from '@cytoqueue/storage';
import { prefetch } from './prefetch';
import {
  type BatchDocumentCache,
  type ShardDeps,
  isCanceled,
  isRemoved,
  loadShardTask,
  scoreAndStore,
  skipIfRemoved,
} from './shard';
import { readShardObject, shardKey, wasDamaged } from './stored-shard';

/** How many shard objects may be on their way while one is written. */
const PREFETCH = 3;
/** Hashed in one go: this thread also answers clinicians, and a shard's megabytes would hold it for as long as they take. */
const HASH_SLICE_BYTES = 512 * 1024;

/**
 * Joins a run's shards into its files and ends the run. Believes the store, not the queue: a shard whose object is missing
 * is scored here, unless its job failed for good (which is decided once). The manifest is written last and once; every file is a function of
 * the input and the model, so a second finalizer writes the same bytes.
 */
export class Finalizer {
  constructor(
    private readonly services: ShardDeps,
    private readonly batchDocuments: BatchDocumentCache,
  ) {}

  /** `failedShards`: those whose jobs exhausted their attempts. */
  process(job: FinalizeJob, failedShards: ReadonlySet<number>): Promise<void> {
    return this.skipIfRemoved(job, () => this.processStored(job, failedShards));
  }

  /** Asked before as well, so that nothing is written for a batch that is gone. */
  private async skipIfRemoved(job: FinalizeJob, work: () => Promise<void>): Promise<void> {
    if (!(await isRemoved(this.services.store, job))) await skipIfRemoved(this.services.store, job, work);
  }

  private async processStored({ tenant, batchId, run }: FinalizeJob, failedShards: ReadonlySet<number>): Promise<void> {
    const { store, progress } = this.services;
    await progress.markFinalizing(batchId, run);
    // A run that has ended stays as it ended, whatever was canceled, lost or found since.
    if ((await store.head(ObjectKeys.runManifest(tenant, batchId, run))) === undefined)
      await this.completeRun(tenant, batchId, run, failedShards);
    await store.delete(ObjectKeys.pending(tenant, batchId, run));
  }

  /** When finalizing itself failed for good: the batch must not be `finalizing` for ever. What was scored can be fetched in part, and retried. */
  failRun(job: FinalizeJob): Promise<void> {
    return this.skipIfRemoved(job, () => this.failStoredRun(job));
  }

  private async failStoredRun({ tenant, batchId, run }: FinalizeJob): Promise<void> {
    const { store } = this.services;
    const batch = await this.batchDocuments.read(tenant, batchId);
    const manifest = await new RunFinalizer(this.services, tenant, batch, run, new Set()).summarizeFailed();
    await this.putManifest(ObjectKeys.runManifest(tenant, batchId, run), manifest);
    await store.delete(ObjectKeys.pending(tenant, batchId, run));
  }

  private async completeRun(
    tenant: string,
    batchId: string,
    run: number,
    failedShards: ReadonlySet<number>,
  ): Promise<void> {
    const { store } = this.services;
    const batch = await this.batchDocuments.read(tenant, batchId);
    const files = new RunFinalizer(this.services, tenant, batch, run, failedShards);
    const manifest = (await isCanceled(store, tenant, batchId, run))
      ? await files.summarizeCanceled()
      : await files.writeFiles();
    await this.putManifest(ObjectKeys.runManifest(tenant, batchId, run), manifest);
  }

  /** A finalizer of a release without checksums may have written the same manifest first. */
  private async putManifest(key: string, manifest: ManifestDocument): Promise<void> {
    const { store } = this.services;
    try {
      await store.putOnce(key, sealDocument(manifest), { contentType: 'application/json' });
    } catch (error) {
      if (!(error instanceof ObjectMismatchError)) throw error;
      const first = await readDocument(store, key, manifestShape);
      if (JSON.stringify(first) !== JSON.stringify(manifest)) throw error;
    }
  }
}

class RunFinalizer {
  private readonly total = emptyCounts();
  private readonly histogram: number[] = [];
  private readonly withErrors: number[] = [];
  private readonly withChanges: number[] = [];
  private failed: number[] = [];

  constructor(
    private readonly services: ShardDeps,
    private readonly tenant: string,
    private readonly batch: BatchDocument,
    private readonly run: number,
    private readonly exhaustedShards: ReadonlySet<number>,
  ) {}

  async writeFiles(): Promise<ManifestDocument> {
    const { tenant, batch, run } = this;
    await this.freezeFailedShards();
    const header = await this.services.store.getRange(batchRowsKey(tenant, batch), {
      start: 0,
      end: batch.input.header_bytes,
    });
    const allShards = batch.shards.map((_, shard) => shard);
    const results = await this.putFile(
      ObjectKeys.runResults(tenant, batch.id, run),
      this.resultChunks(header, allShards),
    );
    const errors = await this.putFile(
      ObjectKeys.runErrors(tenant, batch.id, run),
      this.sparseChunks(header, errorColumns(batch), 'errors', this.withErrors),
    );
    const drift = await this.drift();
    if (batch.rescores === undefined) return this.manifest({ results, errors, drift });
    const changes = await this.putFile(
      ObjectKeys.runChanges(tenant, batch.id, run),
      this.sparseChunks(header, CHANGE_COLUMNS, 'changes', this.withChanges),
    );
    return this.manifest({ results, errors, changes, changed_rows: this.total.changed, drift });
  }

  /** Counts what was scored before the run was canceled, and writes nothing. */
  async summarizeCanceled(): Promise<ManifestDocument> {
    const { succeeded, rejected } = await this.countScored();
    const counts = {
      total: this.batch.rows,
      pending: this.batch.rows - succeeded - rejected,
      succeeded,
      rejected,
      failed: 0,
    };
    return { run: this.run, status: 'canceled', counts, summary: this.summary(), failed_shards: [] };
  }

  /** The same, with the rest as failed. A damaged shard object is set aside, so that a retry scores the shard again. */
  async summarizeFailed(): Promise<ManifestDocument> {
    const { succeeded, rejected } = await this.countScored();
    const counts = {
      total: this.batch.rows,
      pending: 0,
      succeeded,
      rejected,
      failed: this.batch.rows - succeeded - rejected,
    };
    const unscored = await listUnscoredShards(this.services.store, this.tenant, this.batch);
    return {
      run: this.run,
      status: 'failed',
      counts,
      summary: this.summary(),
      failed_shards: unscored.map(({ shard }) => shard),
    };
  }

  private async countScored(): Promise<ShardCounts> {
    const { services, tenant, batch } = this;
    const existing = prefetch(
      batch.shards.map((_, shard) => shard),
      PREFETCH,
      (shard) => readShardObject(services, tenant, batch, shard),
    );
    for await (const object of existing) if (object !== undefined) this.add(object.counts);
    return this.total;
  }

  private async *resultChunks(header: Buffer, shards: number[]): AsyncGenerator<Uint8Array> {
    yield this.headerRow(header, await this.resultColumns());
    for await (const { shard, object } of this.objects(shards)) {
      this.count(shard, object);
      yield object.results;
    }
  }

  /** The files that hold few of the rows, from the shards that have any. */
  private async *sparseChunks(
    header: Buffer,
    columns: readonly string[],
    part: 'errors' | 'changes',
    shards: number[],
  ): AsyncGenerator<Uint8Array> {
    yield this.headerRow(header, columns);
    for await (const { object } of this.objects(shards)) yield object[part];
  }

  private objects(shards: number[]): AsyncGenerator<{ shard: number; object: ShardObject }> {
    return prefetch(shards, PREFETCH, async (shard) => ({ shard, object: await this.loadOrScore(shard) }));
  }

  private async loadOrScore(shard: number): Promise<ShardObject> {
    const { services, tenant, batch, run } = this;
    if (this.failed.includes(shard))
      return decodeShardObject(
        await services.pool.fail(await loadShardTask(services, tenant, batch, shard)),
        shardKey(tenant, batch, shard),
      );
    const existing = await readShardObject(
      services,
      tenant,
      batch,
      shard,
      services.pool.acquireOutput(batch.shards[shard].length),
    );
    return (
      existing ??
      scoreAndStore(services, tenant, batch, run, shard, await wasDamaged(services.store, tenant, batch, shard))
    );
  }

  /**
   * The shards whose jobs failed and whose objects are missing. Decided once, also when there are none: an earlier
   * finalizer's decision stands, whatever has come since, and one at the same time must not come to another.
   */
  private async freezeFailedShards(): Promise<void> {
    const { services, tenant, batch, run, exhaustedShards } = this;
    const key = ObjectKeys.runFailedShards(tenant, batch.id, run);
    const unscored = exhaustedShards.size === 0 ? [] : await listUnscoredShards(services.store, tenant, batch);
    const failed = unscored.map(({ shard }) => shard).filter((shard) => exhaustedShards.has(shard));
    for (const shard of failed) await services.metrics.shardFailed({ batchId: batch.id, run, shard });
    try {
      await services.store.putOnce(key, sealDocument(failed), { contentType: 'application/json' });
      this.failed = failed;
    } catch (error) {
      if (!(error instanceof ObjectMismatchError)) throw error;
      this.failed = await readDocument(services.store, key, failedShardsShape);
    }
  }

  private count(shard: number, { counts, histogram, errors, changes }: ShardObject): void {
    this.add(counts);
    for (let slot = 0; slot < histogram.length; slot++)
      this.histogram[slot] = (this.histogram[slot] ?? 0) + histogram[slot];
    if (errors.length > 0) this.withErrors.push(shard);
    if (changes.length > 0) this.withChanges.push(shard);
  }

  private add(counts: ShardCounts): void {
    for (const key of Object.keys(this.total) as (keyof ShardCounts)[]) this.total[key] += counts[key];
  }

  private summary(): BatchSummary {
    const { benign, malignant, indeterminate, missing_features } = this.total;
    return { benign, malignant, indeterminate, missing_features };
  }

  private async drift(): Promise<DriftDocument> {
    const { model } = await this.services.registry.loadPinned(this.batch.model);
    return judgeFile(this.histogram, model);
  }

  private async resultColumns(): Promise<readonly string[]> {
    const { options, model } = this.batch;
    return options.explain
      ? [...RESULT_COLUMNS, ...explainColumns((await this.services.registry.loadPinned(model)).model.schema)]
      : RESULT_COLUMNS;
  }

  private headerRow(header: Buffer, added: readonly string[]): Uint8Array {
    const { dialect, columns } = this.batch.input;
    return resultHeader(header, { dialect, columns, added, formulas: this.batch.options.formulas });
  }

  private async putFile(key: string, parts: AsyncGenerator<Uint8Array>): Promise<FileDigest> {
    const { store, pool } = this.services;
    const hash = createHash('sha256');
    const written: Uint8Array[] = [];
    const release = () => written.splice(0).forEach((part) => pool.release(part));
    let bytes = 0;
    const countedSlices = async function* (): AsyncGenerator<Uint8Array> {
      for await (const part of parts) {
        bytes += part.length;
        for (let offset = 0; offset < part.length; offset += HASH_SLICE_BYTES) {
          const slice = part.subarray(offset, offset + HASH_SLICE_BYTES);
          hash.update(slice);
          yield slice;
          // This piece may still be on its way; all before it has arrived.
          release();
        }
        written.push(part);
      }
    };
    await store.putOnce(key, countedSlices(), { contentType: 'text/csv' });
    release();
    return { bytes, sha256: hash.digest('hex') };
  }

  private manifest(
    files: Pick<ManifestDocument, 'results' | 'errors' | 'changes' | 'changed_rows' | 'drift'>,
  ): ManifestDocument {
    const { batch, run, total } = this;
    const { succeeded, rejected } = total;
    const counts = { total: batch.rows, pending: 0, succeeded, rejected, failed: batch.rows - succeeded - rejected };
    return { run, status: this.status(), counts, summary: this.summary(), ...files, failed_shards: this.failed };
  }

  private status(): ManifestDocument['status'] {
    const { batch, total } = this;
    if (total.succeeded === batch.rows) return 'succeeded';
    if (total.succeeded === 0 || (batch.options.on_error === 'abort' && total.rejected > 0)) return 'failed';
    return 'completed_with_errors';
  }
}
