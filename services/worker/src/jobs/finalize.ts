/*
 * Delivery: at least once; effect: exactly once. Write order: the list of failed shards, the result files, the shadow's
 * marker if the model has a shadow, and last the manifest (each write-once), then the run's pending marker is deleted.
 * After a crash in between, everything is repeated with the same bytes; the reconciler ensures that until the marker is
 * deleted.
 */
import { createHash } from 'node:crypto';
import { changeColumns, resultColumns, resultHeader } from '@cytoqueue/csv';
import { probabilityName } from '@cytoqueue/schema';
import type { FinalizeJob } from '@cytoqueue/queue';
import { judgeDrift } from '@cytoqueue/classifier';
import {
  type AgreementDocument,
  type BatchDocument,
  type BatchSummary,
  type FileDigest,
  type ManifestDocument,
  ObjectKeys,
  batchRowsKey,
  type ShardCounts,
  type ShardObject,
  addAgreement,
  comparedRows,
  decodeShardObject,
  emptyAgreement,
  emptyCounts,
  failedShardsShape,
  modelDeleted,
  manifestShape,
  readDocument,
  listUnscoredShards,
  errorColumns,
  explainColumns,
  shardAt,
  addCounts,
  summarize,
  putOrReadDocument,
  putDocumentOnce,
} from '@cytoqueue/records';
import { ModelDeletedError } from '@cytoqueue/registry';
import { ObjectMismatchError } from '@cytoqueue/storage';
import { matchStoredColumns } from '@cytoqueue/tabular';
import { prefetch } from './prefetch';
import type { BatchDocumentCache } from './batch-documents';
import { isCanceled, isRemoved, ignoreMissingIfRemoved } from './batch-state';
import { type ShardDeps, loadShardTask, scoreAndStore } from './shard';
import { readShardObject, shardKey, wasDamaged } from './stored-shard';
import { markForShadow } from '../shadow/shadow-marker';

/** Shard objects that are loaded ahead while one is written. */
const PREFETCH = 3;
/** Bytes hashed without yielding: this thread also scores single records, which a whole shard would delay. */
const HASH_SLICE_BYTES = 512 * 1024;

/**
 * Joins a run's shards into the result files and completes the run. The store is authoritative: a shard without an
 * object is scored here, unless its job has failed permanently. Every file depends only on the input, the model and the
 * frozen list of failed shards, so a second finalizer writes the same bytes.
 */
export class Finalizer {
  constructor(
    private readonly deps: ShardDeps,
    private readonly batchDocuments: BatchDocumentCache,
  ) {}

  /** @param exhaustedShards shards whose jobs have used up their attempts */
  process(job: FinalizeJob, exhaustedShards: ReadonlySet<number>): Promise<void> {
    return this.runUnlessRemoved(job, () => this.finalizeOnce(job, exhaustedShards));
  }

  /** Checks before the work too, so that nothing is written for a removed batch. */
  private async runUnlessRemoved(job: FinalizeJob, work: () => Promise<void>): Promise<void> {
    if (!(await isRemoved(this.deps.store, job))) await ignoreMissingIfRemoved(this.deps.store, job, work);
  }

  private async finalizeOnce(
    { tenant, batchId, run }: FinalizeJob,
    exhaustedShards: ReadonlySet<number>,
  ): Promise<void> {
    const { store, progress } = this.deps;
    await progress.markFinalizing(batchId, run);
    // A manifest is final, whatever was canceled, lost or found since.
    if ((await store.head(ObjectKeys.runManifest(tenant, batchId, run))) === undefined)
      await this.completeRun(tenant, batchId, run, exhaustedShards);
    await store.delete(ObjectKeys.pending(tenant, batchId, run));
  }

  /**
   * Completes the run as failed when finalizing failed permanently, so that the batch does not stay `finalizing`. The
   * scored rows remain available as partial results, and the run can be retried.
   */
  failRun(job: FinalizeJob): Promise<void> {
    return this.runUnlessRemoved(job, () => this.failStoredRun(job));
  }

  private async failStoredRun({ tenant, batchId, run }: FinalizeJob): Promise<void> {
    const { store } = this.deps;
    const batch = await this.batchDocuments.read(tenant, batchId);
    const summary = await new RunFinalizer(this.deps, tenant, batch, run, new Set()).summarizeFailed();
    const manifest = { ...summary, ...(await this.findReason(tenant, batch)) };
    await this.putManifest(ObjectKeys.runManifest(tenant, batchId, run), manifest);
    await store.delete(ObjectKeys.pending(tenant, batchId, run));
  }

  /** The reason why no finalizer can complete the run, as far as it is the tenant's own doing. */
  private async findReason(tenant: string, { model }: BatchDocument): Promise<Pick<ManifestDocument, 'error'>> {
    try {
      await this.deps.registry.loadPinned(model, tenant);
    } catch (error) {
      if (error instanceof ModelDeletedError) return { error: modelDeleted(model) };
    }
    return {};
  }

  private async completeRun(
    tenant: string,
    batchId: string,
    run: number,
    exhaustedShards: ReadonlySet<number>,
  ): Promise<void> {
    const { store } = this.deps;
    const batch = await this.batchDocuments.read(tenant, batchId);
    const runFinalizer = new RunFinalizer(this.deps, tenant, batch, run, exhaustedShards);
    const manifest = (await isCanceled(store, tenant, batchId, run))
      ? await runFinalizer.summarizeCanceled()
      : await runFinalizer.writeFiles();
    if (manifest.status === 'succeeded' || manifest.status === 'completed_with_errors')
      await markForShadow(this.deps, tenant, batch, run);
    await this.putManifest(ObjectKeys.runManifest(tenant, batchId, run), manifest);
  }

  /** A finalizer of a release without checksums may have written the same manifest first. */
  private async putManifest(key: string, manifest: ManifestDocument): Promise<void> {
    const { store } = this.deps;
    try {
      await putDocumentOnce(store, key, manifest);
    } catch (error) {
      if (!(error instanceof ObjectMismatchError)) throw error;
      const first = await readDocument(store, key, manifestShape);
      if (JSON.stringify(first) !== JSON.stringify(manifest)) throw error;
    }
  }
}

class RunFinalizer {
  private readonly total = emptyCounts();
  private readonly agreement = emptyAgreement();
  /** Index of the file's class column. */
  private labelColumn: number | undefined;
  private readonly histogram: number[] = [];
  private readonly shardsWithErrors: number[] = [];
  private readonly shardsWithChanges: number[] = [];
  private failedShards: number[] = [];

  constructor(
    private readonly deps: ShardDeps,
    private readonly tenant: string,
    private readonly batch: BatchDocument,
    private readonly run: number,
    private readonly exhaustedShards: ReadonlySet<number>,
  ) {}

  async writeFiles(): Promise<ManifestDocument> {
    const { tenant, batch, run } = this;
    await this.freezeFailedShards();
    const { model } = await this.deps.registry.loadPinned(batch.model, tenant);
    this.labelColumn = matchStoredColumns(batch.input, model.schema).labelColumn;
    const header = await this.deps.store.getRange(batchRowsKey(tenant, batch), {
      start: 0,
      end: batch.input.header_bytes,
    });
    const allShards = batch.shards.map((_, shard) => shard);
    // While the results are written, the counts and the lists of shards with errors and changes are filled: the later files need them.
    const results = await this.putFile(
      ObjectKeys.runResults(tenant, batch.id, run),
      this.resultChunks(header, allShards),
    );
    const errors = await this.putFile(
      ObjectKeys.runErrors(tenant, batch.id, run),
      this.sparseChunks(header, errorColumns(batch), 'errors', this.shardsWithErrors),
    );
    const comparisons = { drift: judgeDrift(this.histogram, model), ...this.agreementWithLabels() };
    if (batch.rescores === undefined) return this.manifest({ results, errors, ...comparisons });
    const changes = await this.putFile(
      ObjectKeys.runChanges(tenant, batch.id, run),
      this.sparseChunks(header, changeColumns(probabilityName(model.schema)), 'changes', this.shardsWithChanges),
    );
    return this.manifest({ results, errors, changes, changed_rows: this.total.changed, ...comparisons });
  }

  /** Counts the rows that were scored before the cancel; writes no files. */
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

  /** Counts the remaining rows as failed. Damaged shard objects are moved away, so that a retry scores them again. */
  async summarizeFailed(): Promise<ManifestDocument> {
    const { succeeded, rejected } = await this.countScored();
    const counts = {
      total: this.batch.rows,
      pending: 0,
      succeeded,
      rejected,
      failed: this.batch.rows - succeeded - rejected,
    };
    const unscored = await listUnscoredShards(this.deps.store, this.tenant, this.batch);
    return {
      run: this.run,
      status: 'failed',
      counts,
      summary: this.summary(),
      failed_shards: unscored.map(({ shard }) => shard),
    };
  }

  private async countScored(): Promise<ShardCounts> {
    const { deps, tenant, batch } = this;
    const existing = prefetch(
      batch.shards.map((_, shard) => shard),
      PREFETCH,
      (shard) => readShardObject(deps, tenant, batch, shard),
    );
    for await (const object of existing) if (object !== undefined) addCounts(this.total, object.counts);
    return this.total;
  }

  private async *resultChunks(header: Buffer, shards: number[]): AsyncGenerator<Uint8Array> {
    yield this.headerRow(header, await this.resultColumns());
    for await (const { shard, object } of this.objects(shards)) {
      this.addShard(shard, object);
      await this.addShardAgreement(shard, object);
      yield object.results;
    }
  }

  /** Yields the file of one section: a header, and the rows of the shards that have any. */
  private async *sparseChunks(
    header: Buffer,
    columns: readonly string[],
    section: 'errors' | 'changes',
    shards: number[],
  ): AsyncGenerator<Uint8Array> {
    yield this.headerRow(header, columns);
    for await (const { object } of this.objects(shards)) yield object[section];
  }

  private objects(shards: number[]): AsyncGenerator<{ shard: number; object: ShardObject }> {
    return prefetch(shards, PREFETCH, async (shard) => ({ shard, object: await this.loadOrScore(shard) }));
  }

  private async loadOrScore(shard: number): Promise<ShardObject> {
    const { deps, tenant, batch, run } = this;
    if (this.failedShards.includes(shard))
      return decodeShardObject(
        await deps.pool.encodeFailed(await loadShardTask(deps, tenant, batch, shard)),
        shardKey(tenant, batch, shard),
      );
    const existing = await readShardObject(
      deps,
      tenant,
      batch,
      shard,
      deps.pool.acquireOutput(shardAt(batch, shard).length),
    );
    // A damaged object was counted before it was moved.
    return (
      existing ?? scoreAndStore(deps, tenant, batch, run, shard, await wasDamaged(deps.store, tenant, batch, shard))
    );
  }

  /**
   * Freezes the list of failed shards (jobs failed, objects missing) in a write-once object, even if it is empty, so
   * that redelivered and concurrent finalizers write identical files.
   */
  private async freezeFailedShards(): Promise<void> {
    const { deps, tenant, batch, run, exhaustedShards } = this;
    const key = ObjectKeys.runFailedShards(tenant, batch.id, run);
    const unscored = exhaustedShards.size === 0 ? [] : await listUnscoredShards(deps.store, tenant, batch);
    const failed = unscored.map(({ shard }) => shard).filter((shard) => exhaustedShards.has(shard));
    for (const shard of failed) await deps.metrics.shardFailed({ batchId: batch.id, run, shard });
    this.failedShards = await putOrReadDocument(deps.store, key, failed, failedShardsShape);
  }

  private addShard(shard: number, { counts, histogram, errors, changes }: ShardObject): void {
    addCounts(this.total, counts);
    Array.from(histogram).forEach((rows, bin) => (this.histogram[bin] = (this.histogram[bin] ?? 0) + rows));
    if (errors.length > 0) this.shardsWithErrors.push(shard);
    if (changes.length > 0) this.shardsWithChanges.push(shard);
  }

  private summary(): BatchSummary {
    return summarize(this.total);
  }

  /** Shards stored by earlier releases lack these counts, so the shard is scored again for them. */
  private async addShardAgreement(shard: number, { agreement }: ShardObject): Promise<void> {
    const { deps, tenant, batch } = this;
    if (this.labelColumn === undefined || this.failedShards.includes(shard)) return;
    if (agreement !== undefined) return addAgreement(this.agreement, agreement);
    const object = await deps.pool.score(await loadShardTask(deps, tenant, batch, shard));
    const scored = decodeShardObject(object, shardKey(tenant, batch, shard));
    addAgreement(this.agreement, scored.agreement ?? emptyAgreement());
    deps.pool.release(object);
  }

  /** Empty if the class column holds no known label. */
  private agreementWithLabels(): { agreement?: AgreementDocument } {
    const { agreement, labelColumn, batch } = this;
    if (labelColumn === undefined || comparedRows(agreement) === 0) return {};
    return { agreement: { column: batch.input.columns[labelColumn] ?? '', ...agreement } };
  }

  private async resultColumns(): Promise<readonly string[]> {
    const { options, model } = this.batch;
    const { schema } = (await this.deps.registry.loadPinned(model, this.tenant)).model;
    return [...resultColumns(probabilityName(schema)), ...(options.explain ? explainColumns(schema) : [])];
  }

  private headerRow(header: Buffer, added: readonly string[]): Uint8Array {
    const { dialect, columns } = this.batch.input;
    return resultHeader(header, { dialect, columns, added, formulas: this.batch.options.formulas });
  }

  private async putFile(key: string, chunks: AsyncGenerator<Uint8Array>): Promise<FileDigest> {
    const { store, pool } = this.deps;
    const hash = createHash('sha256');
    const written: Uint8Array[] = [];
    const release = () => written.splice(0).forEach((chunk) => pool.release(chunk));
    let bytes = 0;
    const countedSlices = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        for (let offset = 0; offset < chunk.length; offset += HASH_SLICE_BYTES) {
          const slice = chunk.subarray(offset, offset + HASH_SLICE_BYTES);
          hash.update(slice);
          yield slice;
          // The store may still use this slice; it has consumed the earlier ones, so their buffers can be reused.
          release();
        }
        written.push(chunk);
      }
    };
    await store.putOnce(key, countedSlices(), { contentType: 'text/csv' });
    release();
    return { bytes, sha256: hash.digest('hex') };
  }

  private manifest(
    files: Pick<ManifestDocument, 'results' | 'errors' | 'changes' | 'changed_rows' | 'drift' | 'agreement'>,
  ): ManifestDocument {
    const { batch, run, total } = this;
    const { succeeded, rejected } = total;
    const counts = { total: batch.rows, pending: 0, succeeded, rejected, failed: batch.rows - succeeded - rejected };
    return { run, status: this.status(), counts, summary: this.summary(), ...files, failed_shards: this.failedShards };
  }

  private status(): ManifestDocument['status'] {
    const { batch, total } = this;
    if (total.succeeded === batch.rows) return 'succeeded';
    if (total.succeeded === 0 || (batch.options.on_error === 'abort' && total.rejected > 0)) return 'failed';
    return 'completed_with_errors';
  }
}
