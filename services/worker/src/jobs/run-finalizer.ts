import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { judgeDrift } from '@cytoqueue/classifier';
import { changeColumns, resultColumns, resultHeader } from '@cytoqueue/csv';
import { type Schema, probabilityName } from '@cytoqueue/schema';
import {
  type AgreementDocument,
  type BatchDocument,
  type FileDigest,
  type ManifestDocument,
  ObjectKeys,
  type ResultPartsDocument,
  batchRowsKey,
  type ShardCounts,
  type ShardObject,
  addAgreement,
  comparedRows,
  decodeShardObject,
  emptyAgreement,
  emptyCounts,
  emptyProbabilityBins,
  failedShardsShape,
  listUnscoredShards,
  errorColumns,
  explainColumns,
  shardAt,
  shardKey,
  addCounts,
  sumProbabilityBins,
  summarize,
  putDocumentOnce,
  putOrReadDocument,
} from '@cytoqueue/records';
import { matchStoredColumns } from '@cytoqueue/tabular';
import type { LivenessMonitor } from '../liveness-monitor';
import type { ShardTask } from '../scoring/shard-task';
import { prefetch } from './prefetch';
import { type ShardDeps, loadShardTask, scoreAndStore } from './shard';
import { type StoredShard, readShardObject, wasDamaged } from './stored-shard';

/** Shard objects that are loaded ahead while one is written. */
const PREFETCH = 3;
/** Bytes hashed without yielding: this thread also scores single records, which a whole shard would delay. */
const HASH_SLICE_BYTES = 512 * 1024;

/** The sections of a shard's object that few shards fill, each joined into a file of its own. */
type Section = 'errors' | 'changes';

export interface FinalizerDeps extends ShardDeps {
  livenessMonitor: Pick<LivenessMonitor, 'recordActivity'>;
}

/**
 * Joins a run's shards into the result files, or lists them as the parts of the results, and computes its manifest.
 * The store is authoritative: a shard without an object is scored here, unless its job has failed for good. Every file
 * depends only on the input, the model, the batch's options and the frozen list of failed shards, so a second finalizer
 * writes the same bytes.
 */
export class RunFinalizer {
  private readonly total = emptyCounts();
  /** Scored rows by tenths of the probability. Undefined after a shard without them (written by an earlier release). */
  private probabilities: readonly number[] | undefined = emptyProbabilityBins();
  private readonly agreement = emptyAgreement();
  /** Index of the file's class column. */
  private labelColumn: number | undefined;
  /** How often each feature had each value in the scored rows; drift is judged from it. */
  private readonly histogram: number[] = [];
  private failedShards: number[] = [];

  constructor(
    private readonly deps: FinalizerDeps,
    private readonly tenant: string,
    private readonly batch: BatchDocument,
    private readonly run: number,
    private readonly shardsOfFailedJobs: ReadonlySet<number>,
  ) {}

  async writeFiles(): Promise<ManifestDocument> {
    const { tenant, batch, run } = this;
    await this.freezeFailedShards();
    const { model } = await this.deps.registry.loadPinned(batch.model, tenant);
    const { schema } = model;
    this.labelColumn = matchStoredColumns(batch.input, schema).labelColumn;
    const header = await this.deps.store.getRange(batchRowsKey(tenant, batch), {
      start: 0,
      end: batch.input.header_bytes,
    });
    const { results, shardsWith } = await this.writeResults(header, schema);
    const errors = await this.putFile(
      ObjectKeys.runErrors(tenant, batch.id, run),
      this.sectionChunks(header, errorColumns(batch), 'errors', shardsWith.errors),
    );
    const driftAndAgreement = { drift: judgeDrift(this.histogram, model), ...this.agreementWithLabels() };
    if (batch.rescores === undefined) return this.manifest({ results, errors, ...driftAndAgreement });
    const changes = await this.putFile(
      ObjectKeys.runChanges(tenant, batch.id, run),
      this.sectionChunks(header, changeColumns(probabilityName(schema)), 'changes', shardsWith.changes),
    );
    return this.manifest({ results, errors, changes, changed_rows: this.total.changed, ...driftAndAgreement });
  }

  /**
   * Writes the results and counts their rows. They consist of the shards' objects, unless a URL may name them or some
   * of their rows are in no object. @returns also the shards that have rows in the other files
   */
  private async writeResults(
    header: Buffer,
    schema: Schema,
  ): Promise<{ results: FileDigest; shardsWith: Record<Section, number[]> }> {
    const { tenant, batch, run } = this;
    const shardsWith: Record<Section, number[]> = { errors: [], changes: [] };
    const evidenceColumns = batch.options.explain ? explainColumns(schema) : [];
    const headerRow = this.headerRow(header, [...resultColumns(probabilityName(schema)), ...evidenceColumns]);
    const shards = this.countedShards(shardsWith);
    const results =
      this.deps.store.presigns || this.failedShards.length > 0
        ? await this.putFile(ObjectKeys.runResults(tenant, batch.id, run), resultChunks(headerRow, shards))
        : await this.putParts(headerRow, shards);
    return { results, shardsWith };
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
    return { run: this.run, status: 'canceled', counts, ...this.summary(), failed_shards: [] };
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
      ...this.summary(),
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
    for await (const object of existing) if (object !== undefined) this.count(object);
    return this.total;
  }

  /** Counts all shards and yields them in order. Adds to `shardsWith` those that have rows in the other files. */
  private async *countedShards(shardsWith: Record<Section, number[]>): AsyncGenerator<StoredShard> {
    for await (const { shard, object } of this.objects(this.batch.shards.map((_, shard) => shard))) {
      this.addShard(object);
      if (object.errors.length > 0) shardsWith.errors.push(shard);
      if (object.changes.length > 0) shardsWith.changes.push(shard);
      await this.addShardAgreement(shard, object);
      yield object;
    }
  }

  /** Yields the file of one section: a header, and the rows of the shards that have any. */
  private async *sectionChunks(
    header: Buffer,
    columns: readonly string[],
    section: Section,
    shards: number[],
  ): AsyncGenerator<Uint8Array> {
    yield this.headerRow(header, columns);
    for await (const { object } of this.objects(shards)) yield object[section];
  }

  private objects(shards: number[]): AsyncGenerator<{ shard: number; object: StoredShard }> {
    return prefetch(shards, PREFETCH, async (shard) => {
      // A finalization may take longer than a worker may be without a sign of life.
      this.deps.livenessMonitor.recordActivity();
      return { shard, object: await this.loadOrScore(shard) };
    });
  }

  private async loadOrScore(shard: number): Promise<StoredShard> {
    const { deps, tenant, batch, run } = this;
    if (this.failedShards.includes(shard))
      return decodeShardObject(
        await deps.pool.encodeFailedShard(await this.loadUncomparedTask(shard)),
        shardKey(tenant, batch, shard),
      );
    const buffer = deps.pool.acquireOutputFor(shardAt(batch, shard));
    const existing = await readShardObject(deps, tenant, batch, shard, buffer);
    if (existing !== undefined) return existing;
    // A damaged object was counted before it was moved.
    const isCounted = await wasDamaged(deps.store, tenant, batch, shard);
    return scoreAndStore(deps, tenant, batch, run, shard, isCounted);
  }

  /** A shard's task without the model of the batch that is rescored: that model may have been deleted. */
  private loadUncomparedTask(shard: number): Promise<ShardTask> {
    const { rescores: _, ...batch } = this.batch;
    return loadShardTask(this.deps, this.tenant, batch, shard);
  }

  /**
   * Freezes the list of failed shards (jobs failed, objects missing) in a write-once object, even if it is empty, so
   * that redelivered and concurrent finalizers write identical files.
   */
  private async freezeFailedShards(): Promise<void> {
    const { deps, tenant, batch, run, shardsOfFailedJobs } = this;
    const key = ObjectKeys.runFailedShards(tenant, batch.id, run);
    const unscored = shardsOfFailedJobs.size === 0 ? [] : await listUnscoredShards(deps.store, tenant, batch);
    const failed = unscored.map(({ shard }) => shard).filter((shard) => shardsOfFailedJobs.has(shard));
    for (const shard of failed) await deps.metrics.shardFailed({ batchId: batch.id, run, shard });
    this.failedShards = await putOrReadDocument(deps.store, key, failed, failedShardsShape);
  }

  private addShard(object: ShardObject): void {
    this.count(object);
    Array.from(object.histogram).forEach((rows, bin) => (this.histogram[bin] = (this.histogram[bin] ?? 0) + rows));
  }

  private count({ counts, probabilities }: ShardObject): void {
    addCounts(this.total, counts);
    this.probabilities = sumProbabilityBins(this.probabilities, probabilities);
  }

  private summary(): Pick<ManifestDocument, 'summary' | 'probabilities'> {
    return { summary: summarize(this.total), probabilities: this.probabilities };
  }

  /** Shards stored by earlier releases lack these counts, so the shard is scored again for them. */
  private async addShardAgreement(shard: number, { agreement }: ShardObject): Promise<void> {
    const { deps, tenant, batch } = this;
    if (this.labelColumn === undefined || this.failedShards.includes(shard)) return;
    if (agreement !== undefined) return addAgreement(this.agreement, agreement);
    const object = await deps.pool.score(await this.loadUncomparedTask(shard));
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

  private headerRow(header: Buffer, added: readonly string[]): Uint8Array {
    const { dialect, columns } = this.batch.input;
    return resultHeader(header, { dialect, columns, added, formulas: this.batch.options.formulas });
  }

  /** Stores the list of the parts of the results: their header row, and the length of each shard's result rows. */
  private async putParts(headerRow: Uint8Array, shards: AsyncGenerator<StoredShard>): Promise<FileDigest> {
    const { tenant, batch, run, deps } = this;
    const parts: ResultPartsDocument = { header: Buffer.from(headerRow).toString('base64'), shards: [] };
    const hash = createHash('sha256').update(headerRow);
    let bytes = headerRow.length;
    for await (const { results } of shards) {
      for (let offset = 0; offset < results.length; offset += HASH_SLICE_BYTES) {
        hash.update(results.subarray(offset, offset + HASH_SLICE_BYTES));
        await nextTurn();
      }
      parts.shards.push(results.length);
      bytes += results.length;
      deps.pool.release(results);
    }
    await putDocumentOnce(deps.store, ObjectKeys.runResultParts(tenant, batch.id, run), parts);
    return { bytes, sha256: hash.digest('hex'), composed: true };
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
    return {
      run,
      status: this.status(),
      counts,
      ...this.summary(),
      ...files,
      failed_shards: this.failedShards,
    };
  }

  private status(): ManifestDocument['status'] {
    const { batch, total } = this;
    if (total.succeeded === batch.rows) return 'succeeded';
    if (total.succeeded === 0 || (batch.options.on_error === 'abort' && total.rejected > 0)) return 'failed';
    return 'completed_with_errors';
  }
}

/** The chunks of the results file. */
async function* resultChunks(
  headerRow: Uint8Array,
  shards: AsyncIterable<Pick<ShardObject, 'results'>>,
): AsyncGenerator<Uint8Array> {
  yield headerRow;
  for await (const { results } of shards) yield results;
}
