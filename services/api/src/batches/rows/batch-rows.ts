import type { ModelRegistry } from '@cytoqueue/registry';
import {
  type BatchDocument,
  ObjectKeys,
  type ShardCounts,
  decodeShardObject,
  maxShardBytes,
  readShardHeader,
  readShardRows,
  shardAt,
  shardKey,
  shardOfRow,
} from '@cytoqueue/records';
import type { ClassNames, Schema } from '@cytoqueue/schema';
import { ObjectCorruptError, ObjectNotFoundError, type ObjectStore, listAll } from '@cytoqueue/storage';
import { cpuTimeslices } from '../../concurrency/cpu-timeslices';
import { Problem, unknownClass } from '../../http/problem';
import { Semaphore } from '../../concurrency/semaphore';
import type { TenantQuotas } from '../../tenants/tenant-quotas';
import { filesDamaged, requireFinishedFile } from '../download';
import { readBatch } from '../read-batch';
import { type BatchRow, type RowFilter, RowFormat } from './result-row';
import { StoredRows } from './stored-rows';

export interface BatchRowsDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  quotas: Pick<TenantQuotas, 'rateLimit'>;
}

export interface RowPage {
  data: BatchRow[];
  /** The next page starts after this row: the last one shown, or the last one scanned. */
  lastRow: number | null;
  hasMore: boolean;
  readShards: number;
}

/** Shards that one request may read completely, and shards whose counts it may read; beyond them the page is short. */
const MAX_READ_SHARDS = 40;
const MAX_COUNTED_SHARDS = 512;
const COUNT_CONCURRENCY = 16;
const MAX_SAME_ID = 100;
/** Rows that one request may scan, about two seconds of CPU; beyond them the page is short. */
const MAX_SEEN_ROWS = 200_000;
/** Rows scanned without yielding, which takes about a millisecond. */
const SLICE_ROWS = 128;

/** Shards that all requests of this process hold in memory at once; each may take several megabytes. */
const shardReads = new Semaphore(8);

/**
 * Reads the result rows of a finished batch from its shard objects, one shard in memory at a time. Scans rows in time slices and
 * charges every shard to the tenant.
 */
export class BatchRows {
  private readonly failedShards: ReadonlySet<number>;
  private readonly format: RowFormat;
  private readonly storedRows: StoredRows;

  /** @throws ObjectNotFoundError, Problem 409 when there are no results (yet) */
  static async open(deps: BatchRowsDeps, tenant: string, id: string): Promise<BatchRows> {
    const stored = await readBatch(deps.store, tenant, id);
    requireFinishedFile(tenant, stored, 'results');
    const { schema } = (await deps.registry.loadPinned(stored.batch.model, tenant)).model;
    const { failed_shards = [], status = 'failed' } = stored.finished?.manifest ?? {};
    return new BatchRows(deps, tenant, stored.batch, schema, failed_shards, status);
  }

  private constructor(
    private readonly deps: BatchRowsDeps,
    private readonly tenant: string,
    readonly batch: BatchDocument,
    private readonly schema: Schema,
    failedShards: readonly number[],
    private readonly status: string,
  ) {
    this.format = new RowFormat(batch, schema);
    this.storedRows = new StoredRows(deps.store, tenant, batch, schema);
    this.failedShards = new Set(failedShards);
  }

  /** Classes of the model. */
  get labels(): ClassNames {
    return this.schema.labels;
  }

  get hasIds(): boolean {
    return this.format.hasIds;
  }

  /** @throws ObjectNotFoundError when the results have no such row */
  async find(row: number): Promise<BatchRow> {
    const shard = shardOfRow(this.batch, row);
    const [found] = shard < 0 ? [] : (await this.findRows(shard, row - 1, {}, 1)).found;
    if (found === undefined) throw new ObjectNotFoundError(ObjectKeys.batchDocument(this.tenant, this.batch.id));
    return found;
  }

  /** Adds physical lines, and numbers as they were scored, to rows of a page or one that was found. */
  async complete(rows: readonly BatchRow[]): Promise<BatchRow[]> {
    const completed: BatchRow[] = [];
    for (const [shard, { firstRow, rows: count }] of this.batch.shards.entries()) {
      const ofShard = rows.filter(({ row }) => row >= firstRow && row < firstRow + count);
      if (ofShard.length === 0) continue;
      this.deps.quotas.rateLimit.addRows(this.tenant, count);
      completed.push(...(await shardReads.run(() => this.storedRows.complete(shard, ofShard))));
    }
    return completed;
  }

  /** Whether the results have such a row. */
  async has(row: number): Promise<boolean> {
    const shard = shardOfRow(this.batch, row);
    if (shard < 0) return false;
    return this.failedShards.has(shard) || (await this.deps.store.head(this.keyOf(shard))) !== undefined;
  }

  /**
   * The rows with these numbers and those with these sample ids, in the order of the input. Of one sample id at most
   * `MAX_SAME_ID` rows.
   */
  async select(numbers: ReadonlySet<number>, sampleIds: ReadonlySet<string>): Promise<BatchRow[]> {
    const selected: BatchRow[] = [];
    const timesFound = new Map<string, number>();
    const accepts = (row: number, sampleId: string | null): boolean => {
      const id = sampleId?.trim() ?? '';
      if (id === '' || !sampleIds.has(id)) return numbers.has(row);
      const times = (timesFound.get(id) ?? 0) + 1;
      timesFound.set(id, times);
      return times <= MAX_SAME_ID || numbers.has(row);
    };
    const wanted = new Set([...numbers].map((row) => shardOfRow(this.batch, row)));
    for (const shard of this.batch.shards.keys())
      if (sampleIds.size > 0 || wanted.has(shard))
        selected.push(...(await this.findRows(shard, 0, { accepts }, Infinity)).found);
    return selected;
  }

  /** @throws Problem 422 for a class that the model does not have */
  private assertClass({ predicted_class: name }: RowFilter): void {
    if (name === undefined || this.labels.includes(name)) return;
    throw unknownClass('predicted_class', this.labels, name);
  }

  /** In the order of the input. */
  async page(filter: RowFilter, { after = 0, limit }: { after?: number; limit: number }): Promise<RowPage> {
    this.assertClass(filter);
    const data: BatchRow[] = [];
    let [readShards, seenRows] = [0, 0];
    for await (const { shard, passed } of this.candidates(filter, after)) {
      if (shard === undefined || readShards >= MAX_READ_SHARDS || seenRows >= MAX_SEEN_ROWS)
        return { data, lastRow: passed, hasMore: true, readShards };
      const { found, seen } = await this.findRows(shard, after, filter, limit + 1 - data.length);
      data.push(...found);
      readShards++;
      seenRows += seen;
      if (data.length > limit)
        return { data: data.slice(0, limit), lastRow: data[limit - 1]?.row ?? null, hasMore: true, readShards };
    }
    return { data, lastRow: data.at(-1)?.row ?? null, hasMore: false, readShards };
  }

  /**
   * Yields the shards after row `after` whose counts allow matching rows; `passed` is the row before the shard's first. A missing
   * `shard` means that the request has skipped its maximum number of shards and ends.
   */
  private async *candidates(
    { outcome, predicted_class, reason }: RowFilter,
    after: number,
  ): AsyncGenerator<{ shard: number | undefined; passed: number }> {
    const { shards } = this.batch;
    const isFiltered = outcome !== undefined || predicted_class !== undefined || reason !== undefined;
    const label = predicted_class === undefined ? undefined : this.labels.indexOf(predicted_class);
    const first = shards.findIndex(({ firstRow, rows }) => firstRow + rows > after + 1);
    if (first < 0) return;
    const passedBefore = (shard: number) => Math.max(after, shardAt(this.batch, shard).firstRow - 1);
    if (!isFiltered) {
      for (let shard = first; shard < shards.length; shard++) yield { shard, passed: passedBefore(shard) };
      return;
    }
    let counted = 0;
    for await (const block of this.countsFrom(first)) {
      for (const { shard, counts } of block)
        if (mayHave(counts, outcome, label) && (reason === undefined || counts.indeterminate > 0))
          yield { shard, passed: passedBefore(shard) };
      this.deps.quotas.rateLimit.addCost(this.tenant, 1);
      counted += block.length;
      const next = (block.at(-1)?.shard ?? shards.length) + 1;
      if (counted >= MAX_COUNTED_SHARDS && next < shards.length) yield { shard: undefined, passed: passedBefore(next) };
    }
  }

  /** Yields the counts of scored shards in blocks. */
  private async *countsFrom(first: number): AsyncGenerator<{ shard: number; counts: ShardCounts }[]> {
    const { store } = this.deps;
    const prefix = ObjectKeys.shardsFolder(this.tenant, this.batch.id);
    const startAfter = first === 0 ? undefined : this.keyOf(first - 1);
    let block: { shard: number; key: string; size: number }[] = [];
    const readBlock = () =>
      Promise.all(
        block.map(async ({ shard, key, size }) => ({
          shard,
          counts: (await readShardHeader(store, { key, size })).counts,
        })),
      );
    for await (const { key, size } of listAll(store, prefix, { startAfter })) {
      const shard = ObjectKeys.parseShardKey(key)?.shard;
      if (shard === undefined || key !== this.keyOf(shard)) continue;
      if (size === 0) throw new ObjectCorruptError(key, 'it is empty');
      block.push({ shard, key, size });
      if (block.length < COUNT_CONCURRENCY) continue;
      yield await readBlock();
      block = [];
    }
    if (block.length > 0) yield await readBlock();
  }

  /** @returns at most `max` matching rows of a shard in order, and the number of rows scanned */
  private findRows(
    shard: number,
    after: number,
    filter: RowFilter,
    max: number,
  ): Promise<{ found: BatchRow[]; seen: number }> {
    this.deps.quotas.rateLimit.addRows(this.tenant, shardAt(this.batch, shard).rows);
    return shardReads.run(async () => {
      const found: BatchRow[] = [];
      let seen = 0;
      for (const row of await this.rowsOf(shard, after, filter)) {
        seen++;
        if (row !== undefined && found.push(row) === max) break;
        if (seen % SLICE_ROWS === 0) await cpuTimeslices.next();
      }
      return { found, seen };
    });
  }

  private async rowsOf(shard: number, after: number, filter: RowFilter): Promise<Iterable<BatchRow | undefined>> {
    const { firstRow, rows } = shardAt(this.batch, shard);
    const key = this.keyOf(shard);
    const from = Math.max(0, after + 1 - firstRow);
    if (this.failedShards.has(shard)) return this.failedRows(shard, from, filter);
    try {
      const bytes = await this.deps.store.get(key, undefined, maxShardBytes(shardAt(this.batch, shard)));
      await cpuTimeslices.next();
      const { results } = decodeShardObject(bytes, key, rows);
      return this.format.resultRows(results, from, filter);
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error;
      // A canceled batch has results of the shards that were scored.
      if (this.status === 'canceled') return [];
      throw filesDamaged(new ObjectCorruptError(key, 'it is missing', { cause: error }));
    }
  }

  private async failedRows(shard: number, from: number, filter: RowFilter): Promise<Iterable<BatchRow | undefined>> {
    try {
      const bytes = await readShardRows(this.deps.store, this.tenant, this.batch, shard);
      return this.format.failedRows(bytes, shardAt(this.batch, shard).firstRow, from, filter);
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error;
      throw new Problem('expired', 'The uploaded file, which holds these rows, is not kept any more.', {
        cause: error,
      });
    }
  }

  private keyOf(shard: number): string {
    return shardKey(this.tenant, this.batch, shard);
  }
}

function mayHave(
  { succeeded, indeterminate, benign, malignant }: ShardCounts,
  outcome: RowFilter['outcome'],
  label: number | undefined,
): boolean {
  const ofOutcome =
    outcome === undefined ? succeeded : outcome === 'indeterminate' ? indeterminate : succeeded - indeterminate;
  return ofOutcome > 0 && (label === undefined || (label === 1 ? malignant : benign) > 0);
}
