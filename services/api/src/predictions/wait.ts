import type { ChangeListener } from '@cytoqueue/queue';
import { Waker } from '../http/waker';

/** Hints may be lost (see ChangeListener), so we also look without one. */
const LOOK_AGAIN_MS = 1_000;

interface Waiting<T> {
  id: string;
  changes: ChangeListener;
  timeoutMs: number;
  /** undefined = not yet. */
  read: () => Promise<T | undefined>;
  isGone: () => boolean;
}

/** What `read` finds within the time, or undefined. A read that fails has found nothing: the work it waits for is accepted. */
export async function waitFor<T>({ id, changes, timeoutMs, read, isGone }: Waiting<T>): Promise<T | undefined> {
  const deadline = performance.now() + timeoutMs;
  const waker = new Waker();
  const forget = changes.listen(id, () => waker.wake());
  try {
    for (;;) {
      const found = await read().catch(() => undefined);
      const leftMs = deadline - performance.now();
      if (found !== undefined || leftMs <= 0 || isGone()) return found;
      await waker.wait(Math.min(leftMs, LOOK_AGAIN_MS));
    }
  } finally {
    forget();
  }
}
