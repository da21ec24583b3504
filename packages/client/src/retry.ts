import { ApiError, ConnectionError } from './api-error';

export interface RetryPolicy {
  /** Maximum number of attempts. */
  attempts: number;
  /** First delay. It doubles with each attempt; a random part of up to one half is subtracted. */
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

/** Whether a failure is likely to pass soon: the API restarts, is busy, or the network is down. */
export function isRetryable(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof ApiError && RETRYABLE_STATUSES.has(error.status));
}

export function retryDelayMs(error: unknown, failures: number, { baseDelayMs, maxDelayMs }: RetryPolicy): number {
  const requestedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  const backOffMs = Math.min(baseDelayMs * 2 ** failures, maxDelayMs) * (0.5 + Math.random() / 2);
  return Math.max(backOffMs, Math.min(requestedMs, MAX_RETRY_AFTER_MS));
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
