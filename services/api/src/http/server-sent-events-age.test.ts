import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { streamEvents } from './server-sent-events';

test('a stream ends after its longest time, with what there is until then, and its client resumes', async () => {
  const snapshot = { eventId: 'queued', data: { status: 'queued' }, final: false };
  const feed = {
    refresh: async () => snapshot,
    latest: () => snapshot,
    listen: () => () => undefined,
    close: () => undefined,
  };
  const services = {
    feeds: { open: () => feed },
    authenticator: { isStillAdmitted: async () => true },
    use: { streams: { hold: (_tenant: string, work: () => Promise<void>) => work() } },
  };
  const app = express();
  app.get('/events', async (request, response) => {
    const call = { request, response, params: { id: 'a' }, principal: { tenant: 'lab' } };
    await streamEvents(services as never, call as never, async () => snapshot, 0);
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  expect(await (await fetch(url)).text()).toBe('id: queued\nevent: status\ndata: {"status":"queued"}\n\n');
  expect(await (await fetch(url, { headers: { 'Last-Event-ID': 'queued' } })).text()).toBe('');
  server.close();
});
