import type { ModelRegistry } from '@cytoqueue/registry';
import {
  type BatchDocument,
  ObjectKeys,
  SHARD_HEADER_MAX_BYTES,
  type ShardCounts,
  batchRowsKey,
  decodeShardCounts,
  decodeShardObject,
  shardAt,
} from '@cytoqueue/records';
import { ObjectCorruptError, ObjectNotFoundError, type ObjectStore, listAll } from '@cytoqueue/storage';
import { Problem } from '../../http/problem';
import type { TenantQuotas } from '../../tenants/tenant-quotas';
import { filesDamaged, requireFinishedFile } from '../download';
import { readBatch } from '../read-batch';
import { type BatchRow, RowFormat } from './result-row';

export interface BatchRowsDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  quotas: Pick<TenantQuotas, 'rateLimit'>;
}

export interface RowFilter {
  outcome?: 'confident' | 'indeterminate';
  predicted_class?: 'benign' | 'malignant';
  id_prefix?: string;
}

export interface RowPage {
  data: BatchRow[];
  /** Where the next page goes on: behind the last row, or behind the last one looked at. */
  lastRow: number | null;
  hasMore: boolean;
}

/** Shards that one request reads whole, and of which it reads the counts; beyond them the page ends short. */
const MAX_READ_SHARDS = 40;
const MAX_COUNTED_SHARDS = 512;
const COUNT_CONCURRENCY = 16;

/** The result rows of a finished batch, from its shard objects, one shard in memory at a time. */
export class BatchRows {
  private readonly failedShards: ReadonlySet<number>;
  private readonly format: RowFormat;

  /** @throws ObjectNotFoundError, Problem 409 when there are no results (yet) */
  static async open(deps: BatchRowsDeps, tenant: string, id: string): Promise<BatchRows> {
    const stored = await readBatch(deps.store, tenant, id);
    requireFinishedFile(tenant, stored, 'results');
    const { schema } = (await deps.registry.loadPinned(stored.batch.model)).model;
    const { failed_shards = [], status = 'failed' } = stored.completion?.manifest ?? {};
    return new BatchRows(deps, tenant, stored.batch, new RowFormat(stored.batch, schema), failed_shards, status);
  }

  private constructor(
    private readonly deps: BatchRowsDeps,
    private readonly tenant: string,
    readonly batch: BatchDocument,
    format: RowFormat,
    failedShards: readonly number[],
    private readonly status: string,
  ) {
    this.format = format;
    this.failedShards = new Set(failedShards);
  }

  get hasIds(): boolean {
    return this.format.hasIds;
  }

  /** @throws ObjectNotFoundError when the results have no such row */
  async find(row: number): Promise<BatchRow> {
    const shard = this.shardOf(row);
    const [found] = shard < 0 ? [] : await this.rowsOf(shard, row - 1, {});
    if (found === undefined) throw new ObjectNotFoundError(ObjectKeys.batchDocument(this.tenant, this.batch.id));
    return found;
  }

  /** Whether the results have such a row. */
  async has(row: number): Promise<boolean> {
    const shard = this.shardOf(row);
    if (shard < 0) return false;
    return this.failedShards.has(shard) || (await this.deps.store.head(this.keyOf(shard))) !== undefined;
  }

  /** In the order of the input. */
  async page(filter: RowFilter, { after = 0, limit }: { after?: number; limit: number }): Promise<RowPage> {
    const data: BatchRow[] = [];
    let read = 0;
    for await (const { shard, passed } of this.candidates(filter, after)) {
      if (shard === undefined || read === MAX_READ_SHARDS) return { data, lastRow: passed, hasMore: true };
      read++;
      for (const row of await this.rowsOf(shard, after, filter)) {
        if (!matches(row, filter)) continue;
        if (data.length === limit) return { data, lastRow: data[limit - 1]!.row, hasMore: true };
        data.push(row);
      }
    }
    return { data, lastRow: data.at(-1)?.row ?? null, hasMore: false };
  }

  /**
   * Shards behind `after` that may have wanted rows, by their counts; `passed` is the row before a shard's first. Without a shard:
   * so many were passed over that the request ends here.
   */
  private async *candidates(
    { outcome, predicted_class }: RowFilter,
    after: number,
  ): AsyncGenerator<{ shard: number | undefined; passed: number }> {
    const { shards } = this.batch;
    const isFiltered = outcome !== undefined || predicted_class !== undefined;
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
        if (mayHave(counts, outcome, predicted_class)) yield { shard, passed: passedBefore(shard) };
      counted += block.length;
      const next = (block.at(-1)?.shard ?? shards.length) + 1;
      if (counted >= MAX_COUNTED_SHARDS && next < shards.length) yield { shard: undefined, passed: passedBefore(next) };
    }
  }

  /** Counts of the scored shards, a block at a time. */
  private async *countsFrom(first: number): AsyncGenerator<{ shard: number; counts: ShardCounts }[]> {
    const { store } = this.deps;
    const prefix = ObjectKeys.shardsFolder(this.tenant, this.batch.id);
    const startAfter = first === 0 ? undefined : this.keyOf(first - 1);
    let block: { shard: number; key: string; size: number }[] = [];
    const readBlock = () =>
      Promise.all(
        block.map(async ({ shard, key, size }) => {
          const range = { start: 0, end: Math.min(size, SHARD_HEADER_MAX_BYTES) };
          return { shard, counts: decodeShardCounts(await store.getRange(key, range), key) };
        }),
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

  private async rowsOf(shard: number, after: number, { id_prefix }: RowFilter): Promise<Iterable<BatchRow>> {
    const { store, quotas } = this.deps;
    const { firstRow, rows } = shardAt(this.batch, shard);
    quotas.rateLimit.addRows(this.tenant, rows);
    const key = this.keyOf(shard);
    const from = Math.max(0, after + 1 - firstRow);
    if (this.failedShards.has(shard)) return this.failedRows(shard, from);
    try {
      const { results } = decodeShardObject(await store.get(key), key, rows);
      return mayHold(results, id_prefix) ? this.format.resultRows(results, from) : [];
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error;
      // A canceled batch has results of the shards that were scored.
      if (this.status === 'canceled') return [];
      throw filesDamaged(new ObjectCorruptError(key, 'it is missing', { cause: error }));
    }
  }

  private async failedRows(shard: number, from: number): Promise<Iterable<BatchRow>> {
    const { offset, length, firstRow } = shardAt(this.batch, shard);
    const key = batchRowsKey(this.tenant, this.batch);
    try {
      const bytes = await this.deps.store.getRange(key, { start: offset, end: offset + length });
      return this.format.failedRows(bytes, firstRow, from);
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error;
      throw new Problem('expired', 'The uploaded file, which holds these rows, is not kept any more.', {
        cause: error,
      });
    }
  }

  /** -1 for a row that the batch has not. */
  private shardOf(row: number): number {
    return this.batch.shards.findIndex(({ firstRow, rows }) => firstRow <= row && row < firstRow + rows);
  }

  private keyOf(shard: number): string {
    const { id, model } = this.batch;
    return ObjectKeys.shard(this.tenant, id, shard, `${model.name}@${model.version}`);
  }
}

function mayHave(
  { succeeded, indeterminate, ...classes }: ShardCounts,
  outcome: RowFilter['outcome'],
  predictedClass: RowFilter['predicted_class'],
): boolean {
  const ofOutcome =
    outcome === undefined ? succeeded : outcome === 'indeterminate' ? indeterminate : succeeded - indeterminate;
  return ofOutcome > 0 && (predictedClass === undefined || classes[predictedClass] > 0);
}

/** Looks for the identifier's bytes, up to the first one that CSV writes in another way, before any cell is read. */
function mayHold(bytes: Uint8Array, idPrefix: string | undefined): boolean {
  const needle = (idPrefix ?? '').split('"')[0]!;
  return needle === '' || Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(needle);
}

function matches({ result, sample_id }: BatchRow, { outcome, predicted_class, id_prefix }: RowFilter): boolean {
  return (
    (outcome === undefined || result?.outcome === outcome) &&
    (predicted_class === undefined || result?.predicted_class === predicted_class) &&
    (id_prefix === undefined || sample_id?.startsWith(id_prefix) === true)
  );
}
