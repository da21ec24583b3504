/*
 * Counts the answers to the records whose ids were made on one day, from the stored results. The document of the day also names
 * what is counted, so it is always consistent: written as a whole, it may be lost, repeated or replaced by an earlier state, and
 * the next pass counts the rest. Each record and each shard of a batch counts once, and stays counted when it is deleted.
 */
import { driftJudgeOf } from '@cytoqueue/classifier';
import {
  type BatchDocument,
  type DamageReport,
  type ModelPin,
  ObjectKeys,
  type ScoredDay,
  createId,
  findDocument,
  idTimeMs,
  predictionCompletionShape,
  predictionRequestShape,
  readShardHeader,
  shardKey,
} from '@cytoqueue/records';
import { type ModelRegistry, ignoreMissingModel } from '@cytoqueue/registry';
import {
  ObjectCorruptError,
  ObjectFormatError,
  type ObjectInfo,
  ObjectNotFoundError,
  type ObjectStore,
  ObjectUnreadableError,
  listAll,
  listFolders,
  forEachConcurrently,
} from '@cytoqueue/storage';
import { readBatch } from '../batches/read-batch';
import { DayTotals } from './day-totals';
import { HISTOGRAM_RETENTION_DAYS } from './read-days';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** No more ids of this age can appear, even if a clock jumps by an hour: an upload takes a day at most, a record a minute. */
const MAX_ACCEPTANCE_MS = { pred_: 70 * MINUTE_MS, batch_: 26 * 60 * MINUTE_MS };
const KINDS = ['pred_', 'batch_'] as const;
type Kind = (typeof KINDS)[number];
const CONCURRENCY = 16;
/** New ids of one kind that one call looks at. */
const MAX_NEW_IDS = 2_000;

export interface CountDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  damage: DamageReport;
}

const EMPTY: ScoredDay = {
  seen: { pred_: '', batch_: '' },
  counted: [],
  open: {},
  answers: [],
  histograms: {},
  closed: false,
};

export interface CountedDay {
  tenant: string;
  dayMs: number;
  nowMs: number;
}

/** The last id of each kind that a call has looked at. */
export type LookedUpTo = Readonly<Record<Kind, string>>;

/**
 * @param continued where the previous call of this pass has ended; what was unfinished `before` is left out then
 * @returns the next state of the day, and where the next call continues if there is more
 */
export async function countDay(
  deps: CountDeps,
  { tenant, dayMs, nowMs }: CountedDay,
  before: ScoredDay = EMPTY,
  continued?: LookedUpTo,
): Promise<{ day: ScoredDay; next?: LookedUpTo }> {
  const totals = new DayTotals(before);
  const counter = new ResourceCounter(deps, tenant, nowMs, totals);
  const countedUpTo = { ...before.seen };
  const unfinished = new Map(Object.entries(before.open));
  const counted = new Set(before.counted);
  const lookedUpTo = { ...before.seen, ...continued };
  let more = false;
  for (const kind of KINDS) {
    const listed = await listIds(deps.store, {
      tenant,
      kind,
      seen: countedUpTo[kind],
      after: lookedUpTo[kind],
      dayMs,
      nowMs,
      counted,
      unfinished,
    });
    more ||= listed.more;
    lookedUpTo[kind] = listed.last;
    const waiting = continued !== undefined ? [] : [...unfinished.keys()].filter((id) => id.startsWith(kind));
    await forEachConcurrently([...listed.ids, ...waiting], CONCURRENCY, async (id) => {
      const remaining = await counter.count(id, unfinished.get(id) ?? []);
      if (remaining === 'none') unfinished.delete(id);
      else unfinished.set(id, remaining);
      if (remaining === 'none') counted.add(id);
    });
    countedUpTo[kind] = listed.upTo;
    for (const id of counted) if (id.startsWith(kind) && id <= countedUpTo[kind]) counted.delete(id);
  }
  const isOver = nowMs > dayMs + DAY_MS + MAX_ACCEPTANCE_MS.batch_;
  const day = {
    seen: countedUpTo,
    counted: [...counted].sort(),
    open: Object.fromEntries([...unfinished].sort(([a], [b]) => (a < b ? -1 : 1))),
    ...totals.toDocument(),
    ...(nowMs > dayMs + (HISTOGRAM_RETENTION_DAYS + 1) * DAY_MS && { histograms: {} }),
    closed: isOver && !more && unfinished.size === 0,
  };
  return { day, ...(more && { next: lookedUpTo }) };
}

interface ListedIds {
  /** Neither counted nor unfinished, ascending. */
  ids: string[];
  /** The last listed id. */
  last: string;
  /** The last listed id before which no more ids can appear. */
  upTo: string;
  more: boolean;
}

/**
 * Lists new ids of the day after `after`. Earlier calls have listed those between `seen` and `after`. Counted and
 * unfinished ids do not count against the limit, so the next call lists others.
 */
async function listIds(
  store: ObjectStore,
  of: {
    tenant: string;
    kind: Kind;
    /** The last id before which no more ids can appear, so far. */
    seen: string;
    after: string;
    dayMs: number;
    nowMs: number;
    counted: ReadonlySet<string>;
    unfinished: ReadonlyMap<string, unknown>;
  },
): Promise<ListedIds> {
  const { tenant, kind, dayMs } = of;
  const folder = kind === 'pred_' ? ObjectKeys.predictionsFolder(tenant) : ObjectKeys.batchesFolder(tenant);
  const after = of.after || createId(kind, dayMs - 1);
  const ids: string[] = [];
  let upTo = of.seen;
  let last = of.after;
  // An id whose folder was emptied by a delete counts as deleted.
  for await (const id of listFolders(store, folder, `${folder}${after}/`, { emptyFolders: true })) {
    const ms = idTimeMs(kind, id);
    if (ms === undefined || ms < dayMs) continue;
    if (ms >= dayMs + DAY_MS) break;
    const isNew = !of.counted.has(id) && !of.unfinished.has(id);
    if (isNew && ids.length === MAX_NEW_IDS) return { ids, last, upTo, more: true };
    if (isNew) ids.push(id);
    last = id;
    if (ms < of.nowMs - MAX_ACCEPTANCE_MS[kind]) upTo = id;
  }
  return { ids, last, upTo, more: false };
}

/** The uncounted part of a resource: none, or 0-based shards of a batch; an empty list means all of it. */
type Remaining = 'none' | number[];

class ResourceCounter {
  constructor(
    private readonly deps: CountDeps,
    private readonly tenant: string,
    private readonly nowMs: number,
    private readonly totals: DayTotals,
  ) {}

  async count(id: string, remaining: number[]): Promise<Remaining> {
    try {
      return id.startsWith('pred_') ? await this.countPrediction(id) : await this.countBatch(id, remaining);
    } catch (error) {
      const kind = id.startsWith('pred_') ? 'pred_' : 'batch_';
      if (error instanceof ObjectNotFoundError) {
        // Deleted, or not accepted yet.
        return (idTimeMs(kind, id) ?? 0) > this.nowMs - MAX_ACCEPTANCE_MS[kind] ? remaining : 'none';
      }
      if (!isUnreadable(error)) throw error;
      this.deps.damage.report(`${this.tenant} ${id}`, error);
      return 'none';
    }
  }

  private async countPrediction(id: string): Promise<Remaining> {
    const { store } = this.deps;
    const request = await findDocument(store, ObjectKeys.predictionRequest(this.tenant, id), predictionRequestShape);
    if (request === undefined) throw new ObjectNotFoundError(id);
    const key = ObjectKeys.predictionCompletion(this.tenant, id);
    const completion = await findDocument(store, key, predictionCompletionShape);
    if (completion === undefined) return [];
    if (completion.status !== 'succeeded') return 'none';
    const { outcome, operating_point } = completion.result;
    const indeterminate = outcome === 'indeterminate' ? 1 : 0;
    this.totals.addAnswers(request, operating_point.name, { succeeded: 1, indeterminate });
    await this.addValues(request.model, request.features);
    return 'none';
  }

  private async addValues(pin: ModelPin, features: Record<string, number | null>): Promise<void> {
    // A version that was removed has no bins to count in.
    const loaded = await this.deps.registry.loadPinned(pin, this.tenant).catch(ignoreMissingModel);
    if (loaded === undefined) return;
    const { bins } = driftJudgeOf(loaded.model);
    loaded.model.schema.features.forEach(({ name }, feature) =>
      this.totals.addValue(pin, feature * bins.binsPerFeature + bins.binOf(features[name] ?? NaN, feature), 1),
    );
  }

  private async countBatch(id: string, remaining: number[]): Promise<Remaining> {
    const { store } = this.deps;
    const { batch, finished } = await readBatch(store, this.tenant, id);
    if (finished === undefined) return remaining;
    const scored = new Map<string, ObjectInfo>();
    for await (const info of listAll(store, ObjectKeys.shardsFolder(this.tenant, id))) scored.set(info.key, info);
    const failed = new Set(finished.manifest.failed_shards);
    const left: number[] = [];
    for (const shard of remaining.length > 0 ? remaining : batch.shards.keys()) {
      const info = scored.get(shardKey(this.tenant, batch, shard));
      if (info === undefined || failed.has(shard) || !(await this.countShard(batch, info))) left.push(shard);
    }
    return left.length === 0 ? 'none' : left;
  }

  /** @returns false when the result cannot be read; a retry may replace it */
  private async countShard({ created_at, model, options }: BatchDocument, { key, size }: ObjectInfo): Promise<boolean> {
    try {
      if (size === 0) return false;
      const { counts, histogram } = await readShardHeader(this.deps.store, { key, size });
      this.totals.addAnswers({ created_at, model }, options.operating_point, counts);
      Array.from(histogram).forEach((count, bin) => count > 0 && this.totals.addValue(model, bin, count));
      return true;
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return false;
      if (!isUnreadable(error)) throw error;
      this.deps.damage.report(key, error);
      return false;
    }
  }
}

/** Damaged, unreadable, or written by a later release. */
function isUnreadable(error: unknown): boolean {
  return [ObjectCorruptError, ObjectUnreadableError, ObjectFormatError].some((type) => error instanceof type);
}
