import { REDIS_PREFIX } from '@cytoqueue/queue';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from './problem';

const WINDOW_SECONDS = 60;
const WINDOW_MS = WINDOW_SECONDS * 1_000;
/** How long this process keeps what was used to itself: other processes allow so much too much, and no request waits for Redis. */
const SYNC_DELAY_MS = 100;
/** A window that ends so much later is the next one. */
const WINDOW_TOLERANCE_MS = 1_000;
const REPETITION_FACTOR = 2;

export const units = { read: 1, write: 5, rowsPerUnit: 1_000 } as const;

/** What one process knows of a tenant's use in the current minute. */
interface LocalCount {
  /** By all processes. */
  sharedUnits: number;
  /** By this process, since. */
  localUnits: number;
  endsAtMs: number;
  isSyncing: boolean;
}

export interface RateLimitStatus {
  limit: number;
  remaining: number;
  resetSeconds: number;
}

/**
 * Units a minute for each tenant, over all API processes: each counts by itself, adds what it counted to Redis ten times a
 * second and learns there what the others did. While Redis is away the processes count on in memory, each for itself.
 */
export class RateLimit {
  private readonly counts = new Map<string, LocalCount>();
  private readonly limiter: RateLimiterRedis;

  constructor(
    redis: Redis,
    private readonly limitOf: (tenant: string) => number,
  ) {
    const window = { keyPrefix: `${REDIS_PREFIX}:rate`, points: Number.MAX_SAFE_INTEGER, duration: WINDOW_SECONDS };
    this.limiter = new RateLimiterRedis({
      ...window,
      storeClient: redis,
      insuranceLimiter: new RateLimiterMemory(window),
    });
  }

  /** @throws Problem 429 when the tenant has used its minute up */
  consume(tenant: string, cost: number, nowMs: number = Date.now()): RateLimitStatus {
    return this.consumeUpTo(this.limitOf(tenant), tenant, cost, nowMs);
  }

  /**
   * For a repetition of a request that was accepted, which deserves its answer: it may exceed the limit, by as much again.
   * @throws Problem 429
   */
  consumeForRepetition(tenant: string, cost: number, nowMs: number = Date.now()): RateLimitStatus {
    return this.consumeUpTo(REPETITION_FACTOR * this.limitOf(tenant), tenant, cost, nowMs);
  }

  private consumeUpTo(maxUnits: number, tenant: string, cost: number, nowMs: number): RateLimitStatus {
    const limit = this.limitOf(tenant);
    const count = this.countOf(tenant, nowMs);
    const allowed = count.sharedUnits + count.localUnits + cost <= maxUnits;
    if (allowed) this.add(tenant, count, cost);
    const resetSeconds = Math.max(1, Math.ceil((count.endsAtMs - nowMs) / 1_000));
    const status = { limit, remaining: Math.max(0, limit - count.sharedUnits - count.localUnits), resetSeconds };
    if (!allowed) throw rateLimited(status);
    return status;
  }

  /** For what is known afterwards only, such as the rows of an upload. Refuses nothing; what comes next may be. */
  addCost(tenant: string, cost: number, nowMs: number = Date.now()): void {
    this.add(tenant, this.countOf(tenant, nowMs), cost);
  }

  /** For rows that were read, whether the file was accepted or not. */
  addRows(tenant: string, rows: number): void {
    if (rows > 0) this.addCost(tenant, Math.ceil(rows / units.rowsPerUnit));
  }

  private countOf(tenant: string, nowMs: number): LocalCount {
    const current = this.counts.get(tenant);
    if (current !== undefined && nowMs < current.endsAtMs) return current;
    const count = { sharedUnits: 0, localUnits: 0, endsAtMs: nowMs + WINDOW_MS, isSyncing: false };
    this.counts.set(tenant, count);
    return count;
  }

  private add(tenant: string, count: LocalCount, cost: number): void {
    count.localUnits += cost;
    this.scheduleSync(tenant, count);
  }

  private scheduleSync(tenant: string, count: LocalCount): void {
    if (count.isSyncing) return;
    count.isSyncing = true;
    setTimeout(() => void this.sync(tenant, count), SYNC_DELAY_MS).unref();
  }

  private async sync(tenant: string, count: LocalCount): Promise<void> {
    const sentUnits = count.localUnits;
    try {
      mergeShared(count, sentUnits, await this.limiter.penalty(tenant, sentUnits));
      count.isSyncing = false;
      // Units used during the call would else stay unknown to other processes until the next request.
      if (count.localUnits > 0) this.scheduleSync(tenant, count);
    } catch {
      // Not told, so it stays our own and is told with what comes next.
      count.isSyncing = false;
    }
  }
}

/** Redis' window is everybody's. Within one the count only grows: a Redis that came back empty does not give units back. */
function mergeShared(count: LocalCount, sentUnits: number, { consumedPoints, msBeforeNext }: RateLimiterRes): void {
  const endsAtMs = Date.now() + msBeforeNext;
  const isSameWindow = endsAtMs <= count.endsAtMs + WINDOW_TOLERANCE_MS;
  count.sharedUnits = isSameWindow ? Math.max(consumedPoints, count.sharedUnits + sentUnits) : consumedPoints;
  count.endsAtMs = endsAtMs;
  count.localUnits -= sentUnits;
}

/** Of draft-ietf-httpapi-ratelimit-headers: the policy, and how much of it is left until when. */
export function rateLimitHeaders({ limit, remaining, resetSeconds }: RateLimitStatus): Record<string, string> {
  return {
    'RateLimit-Policy': `"tenant";q=${limit};w=${WINDOW_SECONDS}`,
    RateLimit: `"tenant";r=${remaining};t=${resetSeconds}`,
  };
}

function rateLimited(status: RateLimitStatus): Problem {
  const headers = { ...rateLimitHeaders(status), 'Retry-After': String(status.resetSeconds) };
  return new Problem(
    'rate-limited',
    `This tenant may use ${status.limit} units a minute: 1 a read, 5 a write, 1 for each 1,000 rows.`,
    { headers },
  );
}
