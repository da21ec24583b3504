import { REDIS_PREFIX } from '@cytoqueue/queue';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from './problem';

const WINDOW_SECONDS = 60;
const WINDOW_MS = WINDOW_SECONDS * 1_000;
/** How long this process keeps what was used to itself: other processes allow so much too much, and no request waits for Redis. */
const SHARE_AFTER_MS = 100;
/** A window that ends so much later is the next one. */
const SAME_WINDOW_MS = 1_000;
const REPETITION_FACTOR = 2;

export const units = { read: 1, write: 5, rowsAUnit: 1_000 } as const;

/** What one process knows of a tenant's use in the current minute. */
interface Use {
  /** By all processes. */
  shared: number;
  /** By this process, since. */
  own: number;
  endsAtMs: number;
  sharing: boolean;
}

export interface Standing {
  limit: number;
  remaining: number;
  resetSeconds: number;
}

/**
 * Units a minute for each tenant, over all API processes: each counts by itself, adds what it counted to Redis ten times a
 * second and learns there what the others did. While Redis is away the processes count on in memory, each for itself.
 */
export class RateLimit {
  private readonly uses = new Map<string, Use>();
  private readonly everybody: RateLimiterRedis;

  constructor(
    redis: Redis,
    private readonly limitOf: (tenant: string) => number,
  ) {
    const window = { keyPrefix: `${REDIS_PREFIX}:rate`, points: Number.MAX_SAFE_INTEGER, duration: WINDOW_SECONDS };
    this.everybody = new RateLimiterRedis({ ...window, storeClient: redis, insuranceLimiter: new RateLimiterMemory(window) });
  }

  /** @throws Problem 429 when the tenant has used its minute up */
  take(tenant: string, cost: number, nowMs: number = Date.now()): Standing {
    return this.takeUpTo(this.limitOf(tenant), tenant, cost, nowMs);
  }

  /**
   * For a repetition of a request that was accepted, which deserves its answer: it may exceed the limit, by as much again.
   * @throws Problem 429
   */
  takeForRepetition(tenant: string, cost: number, nowMs: number = Date.now()): Standing {
    return this.takeUpTo(REPETITION_FACTOR * this.limitOf(tenant), tenant, cost, nowMs);
  }

  private takeUpTo(most: number, tenant: string, cost: number, nowMs: number): Standing {
    const limit = this.limitOf(tenant);
    const use = this.useOf(tenant, nowMs);
    const allowed = use.shared + use.own + cost <= most;
    if (allowed) this.add(tenant, use, cost);
    const resetSeconds = Math.max(1, Math.ceil((use.endsAtMs - nowMs) / 1_000));
    const standing = { limit, remaining: Math.max(0, limit - use.shared - use.own), resetSeconds };
    if (!allowed) throw exhausted(standing);
    return standing;
  }

  /** For what is known afterwards only, such as the rows of an upload. Refuses nothing; what comes next may be. */
  charge(tenant: string, cost: number, nowMs: number = Date.now()): void {
    this.add(tenant, this.useOf(tenant, nowMs), cost);
  }

  /** For rows that were read, whether the file was accepted or not. */
  chargeRows(tenant: string, rows: number): void {
    if (rows > 0) this.charge(tenant, Math.ceil(rows / units.rowsAUnit));
  }

  private useOf(tenant: string, nowMs: number): Use {
    const known = this.uses.get(tenant);
    if (known !== undefined && nowMs < known.endsAtMs) return known;
    const use = { shared: 0, own: 0, endsAtMs: nowMs + WINDOW_MS, sharing: false };
    this.uses.set(tenant, use);
    return use;
  }

  private add(tenant: string, use: Use, cost: number): void {
    use.own += cost;
    this.shareSoon(tenant, use);
  }

  private shareSoon(tenant: string, use: Use): void {
    if (use.sharing) return;
    use.sharing = true;
    setTimeout(() => void this.share(tenant, use), SHARE_AFTER_MS).unref();
  }

  private async share(tenant: string, use: Use): Promise<void> {
    const told = use.own;
    try {
      learn(use, told, await this.everybody.penalty(tenant, told));
      use.sharing = false;
      // Units used during the call would else stay unknown to other processes until the next request.
      if (use.own > 0) this.shareSoon(tenant, use);
    } catch {
      // Not told, so it stays our own and is told with what comes next.
      use.sharing = false;
    }
  }
}

/** Redis' window is everybody's. Within one the count only grows: a Redis that came back empty does not give units back. */
function learn(use: Use, told: number, { consumedPoints, msBeforeNext }: RateLimiterRes): void {
  const endsAtMs = Date.now() + msBeforeNext;
  const isSameWindow = endsAtMs <= use.endsAtMs + SAME_WINDOW_MS;
  use.shared = isSameWindow ? Math.max(consumedPoints, use.shared + told) : consumedPoints;
  use.endsAtMs = endsAtMs;
  use.own -= told;
}

/** Of draft-ietf-httpapi-ratelimit-headers: the policy, and how much of it is left until when. */
export function rateLimitHeaders({ limit, remaining, resetSeconds }: Standing): Record<string, string> {
  return { 'RateLimit-Policy': `"tenant";q=${limit};w=${WINDOW_SECONDS}`, 'RateLimit': `"tenant";r=${remaining};t=${resetSeconds}` };
}

function exhausted(standing: Standing): Problem {
  const headers = { ...rateLimitHeaders(standing), 'Retry-After': String(standing.resetSeconds) };
  return new Problem('rate-limited', `This tenant may use ${standing.limit} units a minute: 1 a read, 5 a write, 1 for each 1,000 rows.`, { headers });
}
