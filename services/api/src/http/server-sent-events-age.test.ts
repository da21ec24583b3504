import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { ConcurrencyLimiter } from '../concurrency/concurrency-limiter';
import type { HandlerContext } from './router';
import { type EventStreamDeps, streamEvents } from './server-sent-events';
import { SnapshotFeeds } from './snapshot-feeds';

test('a stream ends after its maximum time with the state so far, and its client resumes', async () => {
  const snapshot = { eventId: 'queued', data: { status: 'queued' }, final: false };
  const deps: EventStreamDeps = {
    feeds: new SnapshotFeeds({ subscribe: () => () => undefined }),
    authenticator: { isStillAuthorized: async () => true },
    quotas: { streamLimiter: new ConcurrencyLimiter('event streams', () => 1) },
  };
  const app = express();
  app.get('/events', async (request, response) => {
    const context = { request, response, params: { id: 'a' }, principal: { tenant: 'lab' } };
    await streamEvents(deps, context as unknown as HandlerContext, async () => snapshot, 0);
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  expect(await (await fetch(url)).text()).toBe('id: queued\nevent: status\ndata: {"status":"queued"}\n\n');
  expect(await (await fetch(url, { headers: { 'Last-Event-ID': 'queued' } })).text()).toBe('');
  server.close();
});
