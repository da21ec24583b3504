import type { Response } from 'express';
import type { Authenticator } from './auth';
import type { Call } from './route';
import type { Feed, Snapshot, SnapshotFeeds } from './snapshot-feeds';
import type { TenantUse } from './tenant-use';
import { Waker } from './waker';

/** How often a stream asks whether its key or session still holds. */
const ADMISSION_CHECK_MS = 1_000;
const HEARTBEAT_MS = 15_000;
/** Then the stream ends and its client resumes: a load balancer that drains a task waits for open streams. */
const LONGEST_MS = 5 * 60_000;

export interface StreamServices {
  feeds: SnapshotFeeds;
  authenticator: Authenticator;
  use: TenantUse;
}

/**
 * Server-sent events: each event is a whole snapshot, so a client that was away misses nothing by resuming. Ends after the
 * final snapshot, after some minutes, or when the client goes. A reconnect that has seen the final one gets 204, which ends an `EventSource`.
 */
export async function streamEvents(services: StreamServices, call: Call, read: () => Promise<Snapshot>, longestMs = LONGEST_MS): Promise<void> {
  const { request, response, params, principal } = call;
  const feed = services.feeds.open(principal.tenant, params.id, read);
  try {
    const first = await feed.refresh();
    if (first.final && first.eventId === request.get('Last-Event-ID')) {
      response.status(204).end();
      return;
    }
    await services.use.streams.hold(principal.tenant, () => sendEvents(call, feed, { first, longestMs }, () => services.authenticator.isStillAdmitted(principal)));
  } finally {
    feed.close();
  }
}

async function sendEvents({ request, response }: Call, feed: Feed, { first, longestMs }: { first: Snapshot; longestMs: number }, isStillAdmitted: () => Promise<boolean>): Promise<void> {
  response.status(200).set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  response.flushHeaders();
  if (request.method === 'HEAD') return void response.end();
  const waker = new Waker();
  const forget = feed.listen(() => waker.wake());
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
  response.on('close', () => waker.wake());
  const endsAtMs = performance.now() + longestMs;
  let seen = request.get('Last-Event-ID');
  try {
    for (let snapshot = first; !response.closed && (await isStillAdmitted()); snapshot = feed.latest()) {
      const { eventId, data, final } = snapshot;
      if (eventId !== seen) response.write(`id: ${eventId}\nevent: status\ndata: ${toJson(response, data)}\n\n`);
      if (final) return;
      seen = eventId;
      if (performance.now() >= endsAtMs) return;
      await waker.wait(ADMISSION_CHECK_MS);
    }
  } finally {
    clearInterval(heartbeat);
    forget();
    response.end();
  }
}

/** As `response.json` writes it: links get the path of the public address. */
function toJson(response: Response, data: unknown): string {
  return JSON.stringify(data, response.app.get('json replacer') as ((key: string, value: unknown) => unknown) | undefined);
}
