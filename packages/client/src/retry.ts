import { ApiError, ConnectionError } from './api-error';

export interface RetryPolicy {
  /** Maximum number of attempts. */
  attempts: number;
  /** First delay. It doubles with each attempt, minus a random part. */
  baseDelayMs: number;
  maxDelayMs: number;
}

export const defaultRetry: RetryPolicy = { attempts: 5, baseDelayMs: 300, maxDelayMs: 10_000 };

const RETRYABLE_STATUSES = new Set([429, 502, 503, 504]);
/** Upper limit for Retry-After. */
const MAX_RETRY_AFTER_MS = 120_000;

/** Retries transient failures. Only for idempotent requests. */
export async function withRetries<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (failures + 1 >= policy.attempts || !isRetryable(error)) throw error;
      await sleep(retryDelayMs(error, failures, policy), signal);
    }
  }
}

export function isRetryable(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof ApiError && RETRYABLE_STATUSES.has(error.status));
}

export function retryDelayMs(error: unknown, failures: number, { baseDelayMs, maxDelayMs }: RetryPolicy): number {
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
  const own = Math.min(baseDelayMs * 2 ** failures, maxDelayMs) * (0.5 + Math.random() / 2);
  return Math.max(own, Math.min(asked ?? 0, MAX_RETRY_AFTER_MS));
}

/** @throws the signal's reason */
export async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
