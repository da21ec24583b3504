/*
 * Delivery: at least once; effect: exactly once. Order: which shards have failed (decided once), the files (written once),
 * the manifest (last, once), then the pending marker of this run goes. Dead anywhere between, it is done again to the same bytes; until
 * the marker is gone the reconciler sees to that.
 */
import { createHash } from 'node:crypto';
import { CHANGE_COLUMNS, ERROR_COLUMNS, RESULT_COLUMNS, resultHeader } from '@cytoqueue/csv';
import type { FinalizeJob } from '@cytoqueue/queue';
import { describeDrift, explainColumns } from '@cytoqueue/registry';
import {
  type BatchRecord, type BatchSummary, type DriftDocument, type FileDigest, type Manifest, ObjectKeys, ObjectMismatchError, type ShardCounts, type ShardObject,
  decodeShardObject, emptyCounts, failedShardsShape, manifestShape, readDocument, sealDocument, unscoredShards,
} from '@cytoqueue/storage';
import { readAhead } from './read-ahead';
import { type BatchRecords, type ShardServices, isCanceled, isRemoved, loadShardTask, scoreAndStore, unlessRemoved } from './shard';
import { readShardObject, shardKey, wasDamaged } from './stored-shard';

/** How many shard objects may be on their way while one is written. */
const AHEAD = 3;
/** Hashed in one go: this thread also answers clinicians, and a shard's megabytes would hold it for as long as they take. */
const PIECE_BYTES = 512 * 1024;

/**
 * Joins a run's shards into its files and ends the run. Believes the store, not the queue: a shard whose object is missing
 * is scored here, unless its job failed for good (which is decided once). The manifest is written last and once; every file is a function of
 * the input and the model, so a second finalizer writes the same bytes.
 */
export class Finalizer {
  constructor(
    private readonly services: ShardServices,
    private readonly records: BatchRecords,
  ) {}

  /** `failedShards`: those whose jobs exhausted their attempts. */
  process(job: FinalizeJob, failedShards: ReadonlySet<number>): Promise<void> {
    return this.unlessRemoved(job, () => this.processStored(job, failedShards));
  }

  /** Asked before as well, so that nothing is written for a batch that is gone. */
  private async unlessRemoved(job: FinalizeJob, work: () => Promise<void>): Promise<void> {
    if (!(await isRemoved(this.services.store, job))) await unlessRemoved(this.services.store, job, work);
  }

  private async processStored({ tenant, batchId, run }: FinalizeJob, failedShards: ReadonlySet<number>): Promise<void> {
    const { store, progress } = this.services;
    await progress.markFinalizing(batchId, run);
    // A run that has ended stays as it ended, whatever was canceled, lost or found since.
    if ((await store.head(ObjectKeys.runManifest(tenant, batchId, run))) === undefined) await this.end(tenant, batchId, run, failedShards);
    await store.delete(ObjectKeys.pending(tenant, batchId, run));
  }

  /** When finalizing itself failed for good: the batch must not be `finalizing` for ever. What was scored can be fetched in part, and retried. */
  giveUp(job: FinalizeJob): Promise<void> {
    return this.unlessRemoved(job, () => this.giveUpStored(job));
  }

  private async giveUpStored({ tenant, batchId, run }: FinalizeJob): Promise<void> {
    const { store } = this.services;
    const record = await this.records.read(tenant, batchId);
    const manifest = await new RunFiles(this.services, tenant, record, run, new Set()).giveUp();
    await this.putManifest(ObjectKeys.runManifest(tenant, batchId, run), manifest);
    await store.delete(ObjectKeys.pending(tenant, batchId, run));
  }

  private async end(tenant: string, batchId: string, run: number, failedShards: ReadonlySet<number>): Promise<void> {
    const { store } = this.services;
    const record = await this.records.read(tenant, batchId);
    const files = new RunFiles(this.services, tenant, record, run, failedShards);
    const manifest = (await isCanceled(store, tenant, batchId, run)) ? await files.cancel() : await files.write();
    await this.putManifest(ObjectKeys.runManifest(tenant, batchId, run), manifest);
  }

  /** A finalizer of a release without checksums may have written the same manifest first. */
  private async putManifest(key: string, manifest: Manifest): Promise<void> {
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

class RunFiles {
  private readonly total = emptyCounts();
  private readonly histogram: number[] = [];
  private readonly withErrors: number[] = [];
  private readonly withChanges: number[] = [];
  private failed: number[] = [];

  constructor(
    private readonly services: ShardServices,
    private readonly tenant: string,
    private readonly record: BatchRecord,
    private readonly run: number,
    private readonly failedShards: ReadonlySet<number>,
  ) {}

  async write(): Promise<Manifest> {
    const { tenant, record, run } = this;
    await this.decideFailed();
    const header = await this.services.store.getRange(ObjectKeys.batchInput(tenant, record.id), { start: 0, end: record.input.header_bytes });
    const allShards = record.shards.map((_, shard) => shard);
    const results = await this.putFile(ObjectKeys.runResults(tenant, record.id, run), this.resultParts(header, allShards));
    const errors = await this.putFile(ObjectKeys.runErrors(tenant, record.id, run), this.fewParts(header, ERROR_COLUMNS, 'errors', this.withErrors));
    const drift = await this.drift();
    if (record.rescores === undefined) return this.manifest({ results, errors, drift });
    const changes = await this.putFile(ObjectKeys.runChanges(tenant, record.id, run), this.fewParts(header, CHANGE_COLUMNS, 'changes', this.withChanges));
    return this.manifest({ results, errors, changes, changed_rows: this.total.changed, drift });
  }

  /** Counts what was scored before the run was canceled, and writes nothing. */
  async cancel(): Promise<Manifest> {
    const { succeeded, rejected } = await this.countScored();
    const counts = { total: this.record.rows, pending: this.record.rows - succeeded - rejected, succeeded, rejected, failed: 0 };
    return { run: this.run, status: 'canceled', counts, summary: this.summary(), failed_shards: [] };
  }

  /** The same, with the rest as failed. A damaged shard object is set aside, so that a retry scores the shard again. */
  async giveUp(): Promise<Manifest> {
    const { succeeded, rejected } = await this.countScored();
    const counts = { total: this.record.rows, pending: 0, succeeded, rejected, failed: this.record.rows - succeeded - rejected };
    const unscored = await unscoredShards(this.services.store, this.tenant, this.record);
    return { run: this.run, status: 'failed', counts, summary: this.summary(), failed_shards: unscored.map(({ shard }) => shard) };
  }

  private async countScored(): Promise<ShardCounts> {
    const { services, tenant, record } = this;
    const existing = readAhead(record.shards.map((_, shard) => shard), AHEAD, (shard) => readShardObject(services, tenant, record, shard));
    for await (const object of existing) if (object !== undefined) this.add(object.counts);
    return this.total;
  }

  private async *resultParts(header: Buffer, shards: number[]): AsyncGenerator<Uint8Array> {
    yield this.headerRow(header, await this.resultColumns());
    for await (const { shard, object } of this.objects(shards)) {
      this.count(shard, object);
      yield object.results;
    }
  }

  /** The files that hold few of the rows, from the shards that have any. */
  private async *fewParts(header: Buffer, columns: readonly string[], part: 'errors' | 'changes', shards: number[]): AsyncGenerator<Uint8Array> {
    yield this.headerRow(header, columns);
    for await (const { object } of this.objects(shards)) yield object[part];
  }

  private objects(shards: number[]): AsyncGenerator<{ shard: number; object: ShardObject }> {
    return readAhead(shards, AHEAD, async (shard) => ({ shard, object: await this.load(shard) }));
  }

  private async load(shard: number): Promise<ShardObject> {
    const { services, tenant, record, run } = this;
    if (this.failed.includes(shard)) return decodeShardObject(await services.pool.fail(await loadShardTask(services, tenant, record, shard)), shardKey(tenant, record, shard));
    const existing = await readShardObject(services, tenant, record, shard, services.pool.objectMemory(record.shards[shard].length));
    return existing ?? scoreAndStore(services, tenant, record, run, shard, await wasDamaged(services.store, tenant, record, shard));
  }

  /**
   * The shards whose jobs failed and whose objects are missing. Decided once, also when there are none: an earlier
   * finalizer's decision stands, whatever has come since, and one at the same time must not come to another.
   */
  private async decideFailed(): Promise<void> {
    const { services, tenant, record, run, failedShards } = this;
    const key = ObjectKeys.runFailedShards(tenant, record.id, run);
    const unscored = failedShards.size === 0 ? [] : await unscoredShards(services.store, tenant, record);
    const failed = unscored.map(({ shard }) => shard).filter((shard) => failedShards.has(shard));
    for (const shard of failed) await services.metrics.shardFailed({ batchId: record.id, run, shard });
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
    for (let slot = 0; slot < histogram.length; slot++) this.histogram[slot] = (this.histogram[slot] ?? 0) + histogram[slot];
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

  private async drift(): Promise<DriftDocument | undefined> {
    const { model } = await this.services.registry.pinned(this.record.model);
    const drift = this.histogram.length === 0 ? undefined : describeDrift(this.histogram, model);
    return drift && { psi: drift.psi, notes: [...drift.notes] };
  }

  private async resultColumns(): Promise<readonly string[]> {
    const { options, model } = this.record;
    return options.explain ? [...RESULT_COLUMNS, ...explainColumns((await this.services.registry.pinned(model)).model)] : RESULT_COLUMNS;
  }

  private headerRow(header: Buffer, added: readonly string[]): Uint8Array {
    const { dialect, columns } = this.record.input;
    return resultHeader(header, { dialect, columns, added, formulas: this.record.options.formulas });
  }

  private async putFile(key: string, parts: AsyncGenerator<Uint8Array>): Promise<FileDigest> {
    const { store, pool } = this.services;
    const hash = createHash('sha256');
    const written: Uint8Array[] = [];
    const release = () => written.splice(0).forEach((part) => pool.release(part));
    let bytes = 0;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const part of parts) {
        bytes += part.length;
        for (let at = 0; at < part.length; at += PIECE_BYTES) {
          const piece = part.subarray(at, at + PIECE_BYTES);
          hash.update(piece);
          yield piece;
          // This piece may still be on its way; all before it has arrived.
          release();
        }
        written.push(part);
      }
    };
    await store.putOnce(key, counted(), { contentType: 'text/csv' });
    release();
    return { bytes, sha256: hash.digest('hex') };
  }

  private manifest(files: Pick<Manifest, 'results' | 'errors' | 'changes' | 'changed_rows' | 'drift'>): Manifest {
    const { record, run, total } = this;
    const { succeeded, rejected } = total;
    const counts = { total: record.rows, pending: 0, succeeded, rejected, failed: record.rows - succeeded - rejected };
    return { run, status: this.status(), counts, summary: this.summary(), ...files, failed_shards: this.failed };
  }

  private status(): Manifest['status'] {
    const { record, total } = this;
    if (total.succeeded === record.rows) return 'succeeded';
    if (total.succeeded === 0 || (record.options.on_error === 'abort' && total.rejected > 0)) return 'failed';
    return 'completed_with_errors';
  }
}
