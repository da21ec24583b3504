import { REDIS_PREFIX, tryAcquireLease } from '@cytoqueue/queue';
import { type Logger, PeriodicTask } from '@cytoqueue/runtime';
import {
  ConfirmationKeys,
  type DamageReport,
  ObjectKeys,
  TrainingKeys,
  createId,
  deletePending,
  isPending,
  readDocument,
  removeSegmentsBefore,
  scoredDayShape,
  putDocument,
} from '@cytoqueue/records';
import { type ObjectStore, listFolders, listAll } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import type { StorageQuota } from './storage-quota';
import type { RetentionPolicy } from './retention-policy';
import { removeEntry } from '../confirmations/remove-entry';
import { sweepReplacedSummaries } from '../confirmations/summarize';
import { HISTOGRAM_RETENTION_DAYS, listScoredDays } from '../scored-days/read-days';

const INTERVAL_MS = 60 * 60_000;
const LAST_PASS_KEY = `${REDIS_PREFIX}:swept`;
/** Expired resources are hidden at once and deleted after this delay, so that a clock jump deletes nothing valid. */
const DELETE_DELAY_MS = 2 * 60 * 60_000;

export interface SweeperDeps {
  store: ObjectStore;
  redis: Redis;
  retention: RetentionPolicy;
  logger: Logger;
  storageQuota: Pick<StorageQuota, 'invalidate'>;
  damage: DamageReport;
}

/** Removes expired resources once an hour, in one process at a time. */
export function createSweeper(deps: SweeperDeps): PeriodicTask {
  const run = async (): Promise<void> => {
    if (!(await tryAcquireLease(deps.redis, 'sweep', INTERVAL_MS))) return;
    const nowMs = Date.now();
    const removed = await sweep(deps, nowMs, await readLastPass(deps.redis));
    await deps.redis.set(LAST_PASS_KEY, nowMs);
    if (removed > 0) deps.logger.info({ removed }, 'removed expired resources');
  };
  return new PeriodicTask({ name: 'sweep', intervalMs: INTERVAL_MS, logger: deps.logger, run });
}

/** When the last complete pass began; undefined when Redis has lost it. */
async function readLastPass(redis: Redis): Promise<number | undefined> {
  const stored = await redis.get(LAST_PASS_KEY);
  return stored !== null && /^\d+$/.test(stored) ? Number(stored) : undefined;
}

/**
 * Makes one pass over all tenants.
 * @param lastPassMs when the last pass began
 * @returns the number of objects and folders that were removed
 */
export async function sweep(deps: SweepPassDeps, nowMs: number = Date.now(), lastPassMs = nowMs): Promise<number> {
  let removed = 0;
  const cutoffMs = nowMs - DELETE_DELAY_MS;
  const times = { nowMs, cutoffMs, lastPassMs };
  for await (const tenant of listFolders(deps.store, ObjectKeys.tenantsFolder)) {
    removed += await runIsolated(deps, `${ObjectKeys.tenantsFolder}${tenant}`, () => sweepTenant(deps, tenant, times));
  }
  for await (const tenant of listFolders(deps.store, ConfirmationKeys.folder)) {
    removed += await runIsolated(deps, ConfirmationKeys.tenantFolder(tenant), () =>
      sweepConfirmations(deps, tenant, times),
    );
  }
  for await (const tenant of listFolders(deps.store, ConfirmationKeys.scoredFolder)) {
    removed += await runIsolated(deps, ConfirmationKeys.scoredDaysFolder(tenant), () =>
      sweepScoredDays(deps, tenant, cutoffMs),
    );
  }
  return removed;
}

type SweepPassDeps = Pick<SweeperDeps, 'store' | 'retention'> & Partial<Pick<SweeperDeps, 'storageQuota' | 'damage'>>;

/**
 * Removes expired confirmations and their deletion marks, summaries of days without confirmations, and replaced
 * summaries.
 */
async function sweepConfirmations(
  deps: SweepPassDeps,
  tenant: string,
  { nowMs, cutoffMs }: SweepTimes,
): Promise<number> {
  const { store, retention } = deps;
  const prefix = ConfirmationKeys.entriesFolder(tenant);
  let removed = 0;
  for await (const { key } of listAll(store, prefix)) {
    // Ids sort by time, so all entries after the first valid one are valid.
    if (!retention.isExpired(key.slice(prefix.length), cutoffMs)) break;
    removed += await runIsolated(deps, key, async () => {
      await removeEntry(store, tenant, key.slice(prefix.length));
      return 1;
    });
  }
  const deleted = ConfirmationKeys.deletedFolder(tenant);
  for await (const { key } of listAll(store, deleted)) {
    if (!retention.isExpired(key.slice(deleted.length), cutoffMs)) break;
    await store.delete(key);
    removed++;
  }
  if (removed > 0) await deps.storageQuota?.invalidate(tenant);
  for await (const day of listFolders(store, ConfirmationKeys.daysFolder(tenant))) {
    if (Date.parse(day) >= oldestConfirmableDayMs(retention, cutoffMs)) break;
    removed += await store.deletePrefix(ConfirmationKeys.dayFolder(tenant, day));
  }
  return removed + (await sweepReplacedSummaries(store, tenant, nowMs));
}

/**
 * Removes histograms after their own retention period, and counts together with the last confirmations of their day.
 */
async function sweepScoredDays(deps: SweepPassDeps, tenant: string, cutoffMs: number): Promise<number> {
  const { store, retention } = deps;
  let removed = 0;
  for (const { day, info } of await listScoredDays(store, tenant)) {
    const expiryMs = Date.parse(day) + (HISTOGRAM_RETENTION_DAYS + 1) * 24 * HOUR_MS;
    // Rewritten after expiry: its histograms are already removed.
    if (cutoffMs < expiryMs || info.modifiedAt.getTime() >= expiryMs + DELETE_DELAY_MS) continue;
    removed += await runIsolated(deps, info.key, async () => {
      const counted = await readDocument(store, info.key, scoredDayShape);
      await putDocument(store, info.key, { ...counted, histograms: {} });
      return 1;
    });
  }
  for (const { day, info } of await listScoredDays(store, tenant)) {
    if (Date.parse(day) >= oldestConfirmableDayMs(retention, cutoffMs)) break;
    await store.delete(info.key);
    removed++;
  }
  return removed;
}

/**
 * Start of the oldest day whose results can still be confirmed or have confirmations. Two days are added: one because a
 * day's last record is accepted up to 24 hours after the day began, one because an upload can be accepted a day after
 * its id was made.
 */
function oldestConfirmableDayMs({ days }: RetentionPolicy, cutoffMs: number): number {
  return cutoffMs - (days.confirmations + days.resources + 2) * 24 * HOUR_MS;
}

interface SweepTimes {
  nowMs: number;
  /** The time that decides what has expired. */
  cutoffMs: number;
  lastPassMs: number;
}

async function sweepTenant(deps: SweepPassDeps, tenant: string, times: SweepTimes): Promise<number> {
  const { cutoffMs } = times;
  const steps = {
    'expired resources': () => sweepResources(deps, tenant, cutoffMs),
    'expired reviews': () => sweepReviews(deps, tenant, cutoffMs),
    'expired inputs': () => sweepInputs(deps, tenant, cutoffMs),
    'abandoned uploads': () => sweepAbandonedUploads(deps, tenant, times),
  };
  let removed = 0;
  for (const [name, step] of Object.entries(steps))
    removed += await runIsolated(deps, `${ObjectKeys.batchesFolder(tenant)} (${name})`, step);
  if (removed > 0) await deps.storageQuota?.invalidate(tenant);
  removed += await runIsolated(deps, `${ObjectKeys.tenantsFolder}${tenant}/index/`, () =>
    sweepIndex(deps, tenant, cutoffMs),
  );
  return (
    removed +
    (await runIsolated(deps, ObjectKeys.idempotencyFolder(tenant), () => sweepIdempotencyKeys(deps, tenant, cutoffMs)))
  );
}

/** Reports an item that cannot be removed and leaves it for the next pass. @returns the number of removed items */
async function runIsolated({ damage }: SweepPassDeps, item: string, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (damage === undefined) throw error;
    damage.report(item, error);
    return 0;
  }
}

async function sweepResources(deps: SweepPassDeps, tenant: string, cutoffMs: number): Promise<number> {
  const { store, retention } = deps;
  let removed = 0;
  const records = ObjectKeys.predictionsFolder(tenant);
  for (const prefix of [records, ObjectKeys.batchesFolder(tenant), TrainingKeys.tenantFolder(tenant)]) {
    for await (const id of listFolders(store, prefix)) {
      // Ids sort by time, so all ids after the first valid one are valid.
      if (!retention.isExpired(id, cutoffMs)) break;
      removed += await runIsolated(deps, `${prefix}${id}`, async () => {
        await store.deletePrefix(`${prefix}${id}/`);
        await deletePending(store, tenant, id);
        return 1;
      });
    }
  }
  return removed;
}

/** Removes reviews of expired resources, including a review that was stored while its resource was being deleted. */
async function sweepReviews(deps: SweepPassDeps, tenant: string, cutoffMs: number): Promise<number> {
  const { store, retention } = deps;
  const prefix = ObjectKeys.reviewsFolder(tenant);
  let removed = 0;
  for await (const id of listFolders(store, prefix)) {
    if (!retention.isExpired(id, cutoffMs)) continue;
    removed += await runIsolated(deps, `${prefix}${id}`, async () => {
      await store.deletePrefix(`${prefix}${id}/`);
      return 1;
    });
  }
  return removed;
}

/** Removes uploaded files of finished batches and trainings, which may be kept for a shorter time than the results. */
async function sweepInputs(deps: SweepPassDeps, tenant: string, cutoffMs: number): Promise<number> {
  const { store, retention } = deps;
  let removed = 0;
  if (retention.days.inputs >= retention.days.resources) return removed;
  for await (const id of listFolders(store, ObjectKeys.batchesFolder(tenant))) {
    if (!retention.isInputExpired(id, cutoffMs)) break;
    removed += await runIsolated(deps, ObjectKeys.batchInput(tenant, id), async () => {
      if ((await isPending(store, tenant, id)) || (await store.head(ObjectKeys.batchInput(tenant, id))) === undefined)
        return 0;
      await store.delete(ObjectKeys.batchCanonical(tenant, id));
      await store.delete(ObjectKeys.batchInput(tenant, id));
      return 1;
    });
  }
  for await (const id of listFolders(store, TrainingKeys.tenantFolder(tenant))) {
    if (!retention.isInputExpired(id, cutoffMs)) break;
    const input = TrainingKeys.input(tenant, id);
    removed += await runIsolated(deps, input, async () => {
      if ((await isPending(store, tenant, id)) || (await store.head(input)) === undefined) return 0;
      await store.deletePrefix(TrainingKeys.foldsFolder(tenant, id));
      await store.delete(TrainingKeys.rows(tenant, id));
      // Last, because a pass looks for it.
      await store.delete(input);
      return 1;
    });
  }
  return removed;
}

const HOUR_MS = 60 * 60_000;
/** After this time no upload can still be running. */
const MAX_UPLOAD_MS = 24 * HOUR_MS;
/** An upload that could not be removed is tried again for this long. Longer than the time between two passes. */
const OVERLAP_MS = 2 * HOUR_MS;

/**
 * Removes uploads that are a day old and were never accepted, because their process crashed. A pass reads only the
 * batches and trainings that became a day old since two hours before the last pass; it counts as now if Redis has lost
 * its time. Older unaccepted ones stay until their retention ends: a batch without a run may be one that is being
 * restored from a backup.
 */
async function sweepAbandonedUploads(
  deps: SweepPassDeps,
  tenant: string,
  { nowMs, lastPassMs }: SweepTimes,
): Promise<number> {
  const { store } = deps;
  let removed = 0;
  const kinds = [
    { prefix: ObjectKeys.batchesFolder(tenant), idPrefix: 'batch_', wasAccepted: wasBatchAccepted },
    { prefix: TrainingKeys.tenantFolder(tenant), idPrefix: 'training_', wasAccepted: wasTrainingAccepted },
  ] as const;
  for (const { prefix, idPrefix, wasAccepted } of kinds) {
    const idAt = (timeMs: number) => createId(idPrefix, timeMs - MAX_UPLOAD_MS);
    const end = idAt(nowMs);
    // A clock that was ahead may have dated the last pass in the future.
    const checkedUntil = idAt(Math.min(lastPassMs, nowMs) - OVERLAP_MS);
    for await (const id of listFolders(store, prefix, `${prefix}${checkedUntil}`)) {
      if (id > end) break;
      removed += await runIsolated(deps, `${prefix}${id}`, async () => {
        if (await wasAccepted(store, tenant, id)) return 0;
        await store.deletePrefix(`${prefix}${id}/`);
        return 1;
      });
    }
  }
  return removed;
}

/** An accepted training has a pending marker until it has a result. */
async function wasTrainingAccepted(store: ObjectStore, tenant: string, id: string): Promise<boolean> {
  if ((await store.head(TrainingKeys.document(tenant, id))) === undefined) return false;
  return (await isPending(store, tenant, id)) || (await store.head(TrainingKeys.result(tenant, id))) !== undefined;
}

/** An accepted batch has a pending marker until one of its runs has an object. */
async function wasBatchAccepted(store: ObjectStore, tenant: string, id: string): Promise<boolean> {
  if ((await store.head(ObjectKeys.batchDocument(tenant, id))) === undefined) return false;
  if (await isPending(store, tenant, id)) return true;
  const { objects } = await store.list({ prefix: ObjectKeys.runsFolder(tenant, id), limit: 1 });
  return objects.length > 0;
}

/** Removes the segments of the status index that cover only removed resources. */
async function sweepIndex({ store, retention }: SweepPassDeps, tenant: string, cutoffMs: number): Promise<number> {
  const oldestMs = cutoffMs - retention.days.resources * 24 * HOUR_MS;
  const predictions = await removeSegmentsBefore(store, { tenant, kind: 'predictions' }, createId('pred_', oldestMs));
  return predictions + (await removeSegmentsBefore(store, { tenant, kind: 'batches' }, createId('batch_', oldestMs)));
}

/** Removes idempotency keys of expired resources. */
async function sweepIdempotencyKeys(
  { store, retention }: SweepPassDeps,
  tenant: string,
  cutoffMs: number,
): Promise<number> {
  let removed = 0;
  const oldestMs = cutoffMs - retention.days.resources * 24 * HOUR_MS;
  for await (const { key, modifiedAt } of listAll(store, ObjectKeys.idempotencyFolder(tenant))) {
    if (modifiedAt.getTime() > oldestMs) continue;
    await store.delete(key);
    removed++;
  }
  return removed;
}
