import type { Response } from 'express';
import type { Authenticator } from '../session/authenticator';
import type { HandlerContext } from './router';
import type { Feed, Snapshot, SnapshotFeeds } from './snapshot-feeds';
import type { TenantQuotas } from '../tenants/tenant-quotas';
import { ChangeSignal } from './change-signal';

/** How often a stream asks whether its key or session still holds. */
const AUTHORIZATION_CHECK_MS = 1_000;
const HEARTBEAT_MS = 15_000;
/** Then the stream ends and its client resumes: a load balancer that drains a task waits for open streams. */
const MAX_STREAM_MS = 5 * 60_000;

export interface EventStreamDeps {
  feeds: SnapshotFeeds;
  authenticator: Authenticator;
  quotas: TenantQuotas;
}

/**
 * Server-sent events: each event is a whole snapshot, so a client that was away misses nothing by resuming. Ends after the
 * final snapshot, after some minutes, or when the client goes. A reconnect that has seen the final one gets 204, which ends an `EventSource`.
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
    await deps.quotas.streams.run(principal.tenant, () =>
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

/** As `response.json` writes it: links get the path of the public address. */
function toJson(response: Response, data: unknown): string {
  return JSON.stringify(
    data,
    response.app.get('json replacer') as ((key: string, value: unknown) => unknown) | undefined,
  );
}
