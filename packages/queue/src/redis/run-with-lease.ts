import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { acquireLease, leaseKey } from './lease';

/** Extends the lease, or acquires it again if Redis has lost it. Returns 0 if another process holds it. */
const RENEW_SCRIPT = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

/**
 * Runs `work` while this process holds the named lease. The lease is renewed until the work has ended and then expires after
 * `ms`: work that takes longer than the lease does not run twice, and after a crash another process can take over within `ms`.
 * If another process has acquired the lease (this one was suspended for longer), the signal is aborted. The work continues
 * while Redis does not answer. Shares its key with `tryAcquireLease`, which earlier releases use, so the two exclude each other.
 * @returns false when another process holds the lease
 */
export async function runWithLease(
  redis: Redis,
  name: string,
  ms: number,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const key = leaseKey(name);
  const token = randomUUID();
  if (!(await acquireLease(redis, name, token, ms))) return false;
  const lost = new AbortController();
  const renew = async (): Promise<void> => {
    if ((await redis.eval(RENEW_SCRIPT, 1, key, token, ms)) === 0) lost.abort();
  };
  const timer = setInterval(() => void renew().catch(() => undefined), ms / 3);
  try {
    await work(lost.signal);
  } finally {
    clearInterval(timer);
    if (!lost.signal.aborted) await renew().catch(() => undefined);
  }
  return true;
}
