import type { Response } from 'express';
import { ChangeSignal } from '../concurrency/change-signal';
import type { ConcurrencyLimiter } from '../concurrency/concurrency-limiter';
import type { Principal } from './request-context';
import type { HandlerContext } from './router';
import type { Feed, Snapshot, SnapshotFeeds } from './snapshot-feeds';

/** Interval at which a stream checks that its key or session is still valid. */
const AUTHORIZATION_CHECK_MS = 1_000;
const HEARTBEAT_MS = 15_000;
/** Then the stream ends and its client reconnects: a load balancer waits for open streams before it stops a task. */
const MAX_STREAM_MS = 5 * 60_000;

export interface EventStreamDeps {
  feeds: SnapshotFeeds;
  authenticator: { isStillAuthorized: (principal: Principal) => Promise<boolean> };
  quotas: { streamLimiter: ConcurrencyLimiter };
}

/**
 * Streams server-sent events. Each event is a complete snapshot, so a reconnecting client misses nothing. The stream
 * ends after the final snapshot, after five minutes or when the client disconnects. A reconnect after the final
 * snapshot gets 204, which stops an `EventSource`.
 */
export async function streamEvents(
  deps: EventStreamDeps,
  context: HandlerContext,
  read: () => Promise<Snapshot>,
  maxStreamMs = MAX_STREAM_MS,
): Promise<void> {
  const { request, response, params, principal } = context;
  const feed = deps.feeds.open(principal.tenant, params.id, read);
  try {
    const first = await feed.refresh();
    if (first.final && first.eventId === request.get('Last-Event-ID')) {
      response.status(204).end();
      return;
    }
    await deps.quotas.streamLimiter.run(principal.tenant, () =>
      sendEvents(context, feed, { first, maxStreamMs }, () => deps.authenticator.isStillAuthorized(principal)),
    );
  } finally {
    feed.close();
  }
}

async function sendEvents(
  { request, response }: HandlerContext,
  feed: Feed,
  { first, maxStreamMs }: { first: Snapshot; maxStreamMs: number },
  isStillAuthorized: () => Promise<boolean>,
): Promise<void> {
  response
    .status(200)
    .set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  response.flushHeaders();
  if (request.method === 'HEAD') return void response.end();
  const changeSignal = new ChangeSignal();
  const unsubscribe = feed.subscribe(() => changeSignal.wake());
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
  response.on('close', () => changeSignal.wake());
  const endsAtMs = performance.now() + maxStreamMs;
  let lastEventId = request.get('Last-Event-ID');
  try {
    for (let snapshot = first; !response.closed && (await isStillAuthorized()); snapshot = feed.latest()) {
      const { eventId, data, final } = snapshot;
      if (eventId !== lastEventId) response.write(`id: ${eventId}\nevent: status\ndata: ${toJson(response, data)}\n\n`);
      if (final) return;
      lastEventId = eventId;
      if (performance.now() >= endsAtMs) return;
      await changeSignal.wait(AUTHORIZATION_CHECK_MS);
    }
  } finally {
    clearInterval(heartbeat);
    unsubscribe();
    response.end();
  }
}

/** Serializes as `response.json` does, so links get the path of the public address. */
function toJson(response: Response, data: unknown): string {
  return JSON.stringify(
    data,
    response.app.get('json replacer') as ((key: string, value: unknown) => unknown) | undefined,
  );
}
