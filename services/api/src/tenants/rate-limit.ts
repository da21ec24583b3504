import { REDIS_PREFIX } from '@cytoqueue/queue';
import type { Request } from 'express';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '../http/problem';
import type { Route } from '../http/router';
import type { IdempotencyKeys } from './idempotency';

const WINDOW_SECONDS = 60;
const WINDOW_MS = WINDOW_SECONDS * 1_000;
/** Sync delay: no request waits for Redis; a tenant can exceed its limit by 100 ms of traffic per process. */
const SYNC_DELAY_MS = 100;
/** A window that ends this much later is a new one. */
const WINDOW_TOLERANCE_MS = 1_000;
const REPEAT_FACTOR = 2;

const units = { read: 1, write: 5, rowsPerUnit: 1_000 } as const;

/** A tenant's use in the current minute, as this process knows it. */
interface LocalCount {
  /** Used by all processes, as of the last sync. */
  sharedUnits: number;
  /** Used by this process since then. */
  localUnits: number;
  endsAtMs: number;
  isSyncing: boolean;
}

interface RateLimitStatus {
  limit: number;
  remaining: number;
  resetSeconds: number;
}

/**
 * Limits each tenant's units per minute over all API processes. Each process counts in memory and synchronizes with
 * Redis ten times a second. While Redis is unavailable each process counts alone.
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

  /** @throws Problem 429 when the tenant has used up its units of this minute */
  consume(tenant: string, cost: number, nowMs: number = Date.now()): RateLimitStatus {
    return this.consumeUpTo(this.limitOf(tenant), tenant, cost, nowMs);
  }

  /**
   * For a repeated request whose first attempt may have been accepted: it may use up to twice the limit.
   * @throws Problem 429
   */
  consumeForRepeat(tenant: string, cost: number, nowMs: number = Date.now()): RateLimitStatus {
    return this.consumeUpTo(REPEAT_FACTOR * this.limitOf(tenant), tenant, cost, nowMs);
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

  /**
   * Adds a cost that is known only afterwards, such as the rows of an upload. Never throws; later requests may be
   * limited.
   */
  addCost(tenant: string, cost: number, nowMs: number = Date.now()): void {
    this.add(tenant, this.countOf(tenant, nowMs), cost);
  }

  /** Adds the cost of rows that were read, whether the file was accepted or not. */
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
      // Share units used during the call; other processes would otherwise not see them until the next request.
      if (count.localUnits > 0) this.scheduleSync(tenant, count);
    } catch {
      // The units stay local and are sent with the next sync.
      count.isSyncing = false;
    }
  }
}

/** Adopts Redis's window. Within a window the count never decreases, so a flushed Redis refunds nothing. */
function mergeShared(count: LocalCount, sentUnits: number, { consumedPoints, msBeforeNext }: RateLimiterRes): void {
  const endsAtMs = Date.now() + msBeforeNext;
  const isSameWindow = endsAtMs <= count.endsAtMs + WINDOW_TOLERANCE_MS;
  count.sharedUnits = isSameWindow ? Math.max(consumedPoints, count.sharedUnits + sentUnits) : consumedPoints;
  count.endsAtMs = endsAtMs;
  count.localUnits -= sentUnits;
}

/** Charges a request. A repeated one gets its resource even above the limit. Looking up its idempotency key costs a read. */
export async function limitRate(
  rateLimit: RateLimit,
  idempotency: Pick<IdempotencyKeys, 'isRepeat'>,
  { method, acceptsIdempotencyKey }: Pick<Route, 'method' | 'acceptsIdempotencyKey'>,
  tenant: string,
  request: Request,
): Promise<Record<string, string>> {
  const cost = method === 'get' ? units.read : units.write;
  try {
    return rateLimitHeaders(rateLimit.consume(tenant, cost));
  } catch (error) {
    if (!acceptsIdempotencyKey || request.get('Idempotency-Key') === undefined) throw error;
    rateLimit.consumeForRepeat(tenant, units.read);
    if (!(await idempotency.isRepeat(tenant, request))) throw error;
    return rateLimitHeaders(rateLimit.consumeForRepeat(tenant, cost));
  }
}

/** Headers of draft-ietf-httpapi-ratelimit-headers: the policy, the units left and the seconds until they reset. */
function rateLimitHeaders({ limit, remaining, resetSeconds }: RateLimitStatus): Record<string, string> {
  return {
    'RateLimit-Policy': `"tenant";q=${limit};w=${WINDOW_SECONDS}`,
    RateLimit: `"tenant";r=${remaining};t=${resetSeconds}`,
  };
}

function rateLimited(status: RateLimitStatus): Problem {
  const headers = { ...rateLimitHeaders(status), 'Retry-After': String(status.resetSeconds) };
  return new Problem(
    'rate-limited',
    `This tenant may use ${status.limit} units per minute: 1 per read, 5 per write, 1 per 1,000 rows. Try again later.`,
    { headers },
  );
}
