import type { ChangeSubscriber } from '@cytoqueue/queue';
import { ChangeSignal } from '../http/change-signal';

/** Hints may be lost (see ChangeListener), so we also look without one. */
const POLL_INTERVAL_MS = 1_000;

interface WaitOptions<T> {
  id: string;
  changes: ChangeSubscriber;
  timeoutMs: number;
  /** undefined = not yet. */
  read: () => Promise<T | undefined>;
  isAbandoned: () => boolean;
}

/** What `read` finds within the time, or undefined. A read that fails has found nothing: the work it waits for is accepted. */
export async function waitForResult<T>({
  id,
  changes,
  timeoutMs,
  read,
  isAbandoned,
}: WaitOptions<T>): Promise<T | undefined> {
  const deadline = performance.now() + timeoutMs;
  const changeSignal = new ChangeSignal();
  const unsubscribe = changes.subscribe(id, () => changeSignal.wake());
  try {
    for (;;) {
      const found = await read().catch(() => undefined);
      const leftMs = deadline - performance.now();
      if (found !== undefined || leftMs <= 0 || isAbandoned()) return found;
      await changeSignal.wait(Math.min(leftMs, POLL_INTERVAL_MS));
    }
  } finally {
    unsubscribe();
  }
}
