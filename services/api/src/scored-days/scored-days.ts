import { CANARY_TENANT, runWithLease } from '@cytoqueue/queue';
import { ConfirmationKeys, ObjectKeys, findDocument, idTimeMs, scoredDayShape, sealDocument } from '@cytoqueue/records';
import { type Logger, PeriodicTask } from '@cytoqueue/runtime';
import { listFolders } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { type CountDeps, type CountedDay, type LookedUpTo, countDay } from './count-day';

const INTERVAL_MS = 30_000;
const DAY_MS = 24 * 60 * 60_000;
/** Few records of earlier days change; each look costs two listings. */
const EARLIER_DAYS_INTERVAL_MS = 10 * 60_000;

export type ScoredDaysDeps = CountDeps & { redis: Redis; logger: Logger; retentionDays: number };

/** Keeps the counts by day of every tenant up to date, in one process at a time, apart from scoring. */
export function createScoredDaysJob(deps: ScoredDaysDeps): PeriodicTask {
  const days = new ScoredDays(deps, deps.retentionDays);
  const run = async (): Promise<void> =>
    void (await runWithLease(deps.redis, 'scored-days', INTERVAL_MS, (signal) => days.update(Date.now(), signal)));
  return new PeriodicTask({ name: 'scored days', intervalMs: INTERVAL_MS, logger: deps.logger, run });
}

export class ScoredDays {
  /** The day of each tenant's earliest record, when this process first saw one. */
  private readonly firstDays = new Map<string, number>();
  /** By tenant and day: when to look again; Infinity for closed days. */
  private readonly nextLookMs = new Map<string, number>();

  constructor(
    private readonly deps: CountDeps,
    private readonly retentionDays: number,
  ) {}

  /** Reports a tenant that cannot be counted and continues with the others. */
  async update(nowMs: number, signal?: AbortSignal): Promise<void> {
    const { store, damage } = this.deps;
    for await (const tenant of listFolders(store, ObjectKeys.tenantsFolder)) {
      if (signal?.aborted === true) return;
      if (tenant === CANARY_TENANT) continue;
      await this.updateTenant(tenant, nowMs, signal).catch((error: unknown) =>
        damage.report(ConfirmationKeys.scoredDaysFolder(tenant), error),
      );
    }
  }

  private async updateTenant(tenant: string, nowMs: number, signal: AbortSignal | undefined): Promise<void> {
    const todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
    const firstMs = await this.firstDay(tenant);
    for (
      let dayMs = Math.max(firstMs, todayMs - (this.retentionDays + 1) * DAY_MS);
      dayMs <= todayMs;
      dayMs += DAY_MS
    ) {
      if (signal?.aborted === true) return;
      const name = `${tenant} ${dayMs}`;
      if (nowMs < (this.nextLookMs.get(name) ?? 0)) continue;
      const isClosed = await this.updateDay({ tenant, dayMs, nowMs }, signal);
      if (dayMs < todayMs) this.nextLookMs.set(name, isClosed ? Infinity : nowMs + EARLIER_DAYS_INTERVAL_MS);
    }
  }

  /** @returns whether the day is closed */
  private async updateDay(of: CountedDay, signal: AbortSignal | undefined): Promise<boolean> {
    const { store } = this.deps;
    const key = ConfirmationKeys.scoredDay(of.tenant, new Date(of.dayMs).toISOString().slice(0, 10));
    const stored = await findDocument(store, key, scoredDayShape);
    let continued: LookedUpTo | undefined;
    for (let before = stored; ;) {
      if (before?.closed === true) return true;
      const { day, next } = await countDay(this.deps, of, before, continued);
      // A day without records needs no document.
      const isEmpty = before === undefined && day.seen.pred_ + day.seen.batch_ === '' && isUnchanged(day);
      const bytes = sealDocument(day);
      if (!isEmpty && (before === undefined || !bytes.equals(sealDocument(before))))
        await store.put(key, bytes, { contentType: 'application/json' });
      if (next === undefined || signal?.aborted === true) return day.closed;
      before = day;
      continued = next;
    }
  }

  private async firstDay(tenant: string): Promise<number> {
    const known = this.firstDays.get(tenant);
    if (known !== undefined) return known;
    const times: number[] = [];
    for (const [prefix, idPrefix] of [
      [ObjectKeys.predictionsFolder(tenant), 'pred_'],
      [ObjectKeys.batchesFolder(tenant), 'batch_'],
    ] as const) {
      const { prefixes } = await this.deps.store.list({ prefix, delimiter: '/', limit: 1 });
      const ms = idTimeMs(idPrefix, (prefixes[0] ?? '').slice(prefix.length, -1));
      if (ms !== undefined) times.push(ms);
    }
    if (times.length === 0) return Infinity;
    // An upload that is not accepted yet may have an earlier id.
    const firstMs = Math.floor(Math.min(...times) / DAY_MS) * DAY_MS - 2 * DAY_MS;
    this.firstDays.set(tenant, firstMs);
    return firstMs;
  }
}

function isUnchanged({ counted, open }: { counted: string[]; open: object }): boolean {
  return counted.length === 0 && Object.keys(open).length === 0;
}
