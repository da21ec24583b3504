import type { ChangeSubscriber } from '@cytoqueue/queue';
import { ChangeSignal } from '../concurrency/change-signal';

/** Change notifications may be lost (see ChangeSubscriber), so the result is also polled. */
const POLL_INTERVAL_MS = 1_000;

interface WaitOptions<T> {
  id: string;
  notifications: ChangeSubscriber;
  timeoutMs: number;
  /** @returns undefined while there is no result */
  read: () => Promise<T | undefined>;
  isAbandoned: () => boolean;
}

/**
 * Waits until `read` returns a result; undefined after the timeout, or once the client is gone. A failed read counts as
 * no result yet.
 */
export async function waitForResult<T>({
  id,
  notifications,
  timeoutMs,
  read,
  isAbandoned,
}: WaitOptions<T>): Promise<T | undefined> {
  const deadline = performance.now() + timeoutMs;
  const changeSignal = new ChangeSignal();
  const unsubscribe = notifications.subscribe(id, () => changeSignal.wake());
  try {
    for (;;) {
      // A notification during this read ends the wait below at once.
      const found = await read().catch(() => undefined);
      const leftMs = deadline - performance.now();
      if (found !== undefined || leftMs <= 0 || isAbandoned()) return found;
      await changeSignal.wait(Math.min(leftMs, POLL_INTERVAL_MS));
    }
  } finally {
    unsubscribe();
  }
}
