import { takeTurn } from '@cytoqueue/queue';
import { type Logger, Periodic } from '@cytoqueue/runtime';
import { type DamageReport, ObjectKeys, type ObjectStore, createId, deletePending, foldersBelow, isPending, listAll, removeSegmentsBefore } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import type { StoredBytes } from './batches/stored-bytes';
import type { Retention } from './http/retention';

const EVERY_MS = 60 * 60_000;
/** What has expired is not shown any more at once, and removed when that cannot be the fault of a clock that has jumped. */
const GRACE_MS = 2 * 60 * 60_000;

export interface SweeperServices {
  store: ObjectStore;
  redis: Redis;
  retention: Retention;
  logger: Logger;
  stored: Pick<StoredBytes, 'forget'>;
  damage: DamageReport;
}

/** Removes what has reached the end of its retention, once an hour, in one process at a time. */
export function createSweeper(services: SweeperServices): Periodic {
  const turn = async (): Promise<void> => {
    if (!(await takeTurn(services.redis, 'sweep', EVERY_MS))) return;
    const removed = await sweep(services);
    if (removed > 0) services.logger.info({ removed }, 'expired resources removed');
  };
  return new Periodic({ name: 'sweep', everyMs: EVERY_MS, logger: services.logger, turn });
}

/** One pass over all tenants. @param nowMs of a clock that may be ahead by an hour. @returns how many objects and folders were removed */
export async function sweep(services: Sweep, nowMs: number = Date.now()): Promise<number> {
  let removed = 0;
  const surelyMs = nowMs - GRACE_MS;
  for await (const tenant of foldersBelow(services.store, ObjectKeys.tenantsPrefix)) {
    removed += await isolated(services, `${ObjectKeys.tenantsPrefix}${tenant}`, () => sweepTenant(services, tenant, nowMs, surelyMs));
  }
  return removed;
}

type Sweep = Pick<SweeperServices, 'store' | 'retention'> & Partial<Pick<SweeperServices, 'stored' | 'damage'>>;

async function sweepTenant(services: Sweep, tenant: string, nowMs: number, surelyMs: number): Promise<number> {
  const steps = [
    () => sweepResources(services, tenant, surelyMs), () => sweepInputs(services, tenant, surelyMs), () => sweepUnaccepted(services, tenant, nowMs),
  ];
  let removed = 0;
  for (const [index, step] of steps.entries()) removed += await isolated(services, `${ObjectKeys.batchesPrefix(tenant)} step ${index + 1}`, step);
  if (removed > 0) await services.stored?.forget(tenant);
  removed += await isolated(services, `${ObjectKeys.tenantsPrefix}${tenant}/index/`, () => sweepIndex(services, tenant, surelyMs));
  return removed + (await isolated(services, ObjectKeys.idempotencyPrefix(tenant), () => sweepKeys(services, tenant, surelyMs)));
}

/** An item that cannot be removed is reported and left for the next pass; the others go on. @returns how many were removed */
async function isolated({ damage }: Sweep, item: string, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (damage === undefined) throw error;
    damage.report(item, error);
    return 0;
  }
}

async function sweepResources(services: Sweep, tenant: string, nowMs: number): Promise<number> {
  const { store, retention } = services;
  let removed = 0;
  for (const prefix of [ObjectKeys.predictionsPrefix(tenant), ObjectKeys.batchesPrefix(tenant)]) {
    for await (const id of foldersBelow(store, prefix)) {
      // Ids sort by their time: behind the first that stays, all stay.
      if (!retention.isExpired(id, nowMs)) break;
      removed += await isolated(services, `${prefix}${id}`, async () => {
        await store.deletePrefix(`${prefix}${id}/`);
        await deletePending(store, tenant, id);
        return 1;
      });
    }
  }
  return removed;
}

/** Files of finished batches that need not stay as long as their results. */
async function sweepInputs(services: Sweep, tenant: string, nowMs: number): Promise<number> {
  const { store, retention } = services;
  let removed = 0;
  if (retention.days.inputs >= retention.days.resources) return removed;
  for await (const id of foldersBelow(store, ObjectKeys.batchesPrefix(tenant))) {
    if (!retention.isInputExpired(id, nowMs)) break;
    removed += await isolated(services, ObjectKeys.batchInput(tenant, id), async () => {
      if ((await isPending(store, tenant, id)) || (await store.head(ObjectKeys.batchInput(tenant, id))) === undefined) return 0;
      await store.delete(ObjectKeys.batchInput(tenant, id));
      return 1;
    });
  }
  return removed;
}

const HOUR_MS = 60 * 60_000;

/** Uploads whose process died before they were accepted: looked for once, a day after, when no upload can still be running. */
async function sweepUnaccepted(services: Sweep, tenant: string, nowMs: number): Promise<number> {
  const { store } = services;
  let removed = 0;
  const prefix = ObjectKeys.batchesPrefix(tenant);
  const [from, to] = [26, 24].map((hours) => createId('batch_', nowMs - hours * HOUR_MS));
  for await (const id of foldersBelow(store, prefix, `${prefix}${from}`)) {
    if (id > to) break;
    removed += await isolated(services, `${prefix}${id}`, async () => {
      if (await wasAccepted(store, tenant, id)) return 0;
      await store.deletePrefix(`${prefix}${id}/`);
      return 1;
    });
  }
  return removed;
}

/** An accepted batch has its marker until one of its runs has an object. */
async function wasAccepted(store: ObjectStore, tenant: string, id: string): Promise<boolean> {
  if ((await store.head(ObjectKeys.batchRecord(tenant, id))) === undefined) return false;
  if (await isPending(store, tenant, id)) return true;
  const { objects } = await store.list({ prefix: ObjectKeys.runsPrefix(tenant, id), limit: 1 });
  return objects.length > 0;
}

/** The status index, where it is about removed resources only. */
async function sweepIndex({ store, retention }: Sweep, tenant: string, nowMs: number): Promise<number> {
  const oldestMs = nowMs - retention.days.resources * 24 * HOUR_MS;
  const predictions = await removeSegmentsBefore(store, { tenant, kind: 'predictions' }, createId('pred_', oldestMs));
  return predictions + (await removeSegmentsBefore(store, { tenant, kind: 'batches' }, createId('batch_', oldestMs)));
}

/** An idempotency key goes with its resource. */
async function sweepKeys({ store, retention }: Sweep, tenant: string, nowMs: number): Promise<number> {
  let removed = 0;
  const oldestMs = nowMs - retention.days.resources * 24 * HOUR_MS;
  for await (const { key, modifiedAt } of listAll(store, ObjectKeys.idempotencyPrefix(tenant))) {
    if (modifiedAt.getTime() > oldestMs) continue;
    await store.delete(key);
    removed++;
  }
  return removed;
}
