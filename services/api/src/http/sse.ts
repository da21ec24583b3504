import type { Response } from 'express';
import type { ChangeListener } from '@cytoqueue/queue';

/** Hints may be lost (see ChangeListener), so we also look without one. */
const LOOK_AGAIN_MS = 1_000;
const HEARTBEAT_MS = 15_000;
/** Then the stream ends and its client resumes: a load balancer that drains a task waits for open streams. */
const LONGEST_MS = 5 * 60_000;

export interface Snapshot {
  /** Names the state: the same state has the same id, in whatever API process. */
  eventId: string;
  data: unknown;
  /** Nothing will change any more. */
  final: boolean;
}

export interface EventSource {
  id: string;
  changes: ChangeListener;
  /** The client's `Last-Event-ID`: what it saw last is not sent again. */
  lastEventId: string | undefined;
  read: () => Promise<Snapshot>;
  /** False once the key was revoked or the session has ended: the stream ends then. */
  isStillAdmitted: () => Promise<boolean>;
}

/**
 * Server-sent events: each event is a whole snapshot, so a client that was away misses nothing by resuming.
 * Ends after the final snapshot, after some minutes, or when the client goes.
 */
export async function sendEvents(response: Response, source: EventSource, longestMs = LONGEST_MS): Promise<void> {
  response.status(200).set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  response.flushHeaders();
  if (response.req.method === 'HEAD') return void response.end();
  const waker = new Waker();
  const forget = source.changes.listen(source.id, () => waker.wake());
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
  response.on('close', () => waker.wake());
  try {
    await writeSnapshots(response, source, waker, performance.now() + longestMs);
  } finally {
    clearInterval(heartbeat);
    forget();
    response.end();
  }
}

async function writeSnapshots(response: Response, source: EventSource, waker: Waker, endsAtMs: number): Promise<void> {
  let seen = source.lastEventId;
  while (!response.closed && (await source.isStillAdmitted())) {
    const { eventId, data, final } = await source.read();
    if (eventId !== seen) response.write(`id: ${eventId}\nevent: status\ndata: ${toJson(response, data)}\n\n`);
    if (final) return;
    seen = eventId;
    if (performance.now() >= endsAtMs) return;
    await waker.wait(LOOK_AGAIN_MS);
  }
}

/** As `response.json` writes it: links get the path of the public address. */
function toJson(response: Response, data: unknown): string {
  return JSON.stringify(data, response.app.get('json replacer') as ((key: string, value: unknown) => unknown) | undefined);
}

/** One waits, others wake; a wake-up between two waits is not lost. */
export class Waker {
  private woken = false;
  private resolve: (() => void) | undefined;

  wake(): void {
    this.woken = true;
    this.resolve?.();
  }

  async wait(timeoutMs: number): Promise<void> {
    if (!this.woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.resolve = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.woken = false;
    this.resolve = undefined;
  }
}
