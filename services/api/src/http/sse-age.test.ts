import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { sendEvents } from './sse';

test('a stream ends after its longest time, with what there is until then, and its client resumes', async () => {
  const app = express();
  const read = async () => ({ eventId: 'queued', data: { status: 'queued' }, final: false });
  app.get('/events', async (request, response) => {
    const source = { id: 'a', changes: { listen: () => () => undefined } as never, lastEventId: request.get('Last-Event-ID'), read, isStillAdmitted: async () => true };
    await sendEvents(response, source, 0);
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  expect(await (await fetch(url)).text()).toBe('id: queued\nevent: status\ndata: {"status":"queued"}\n\n');
  expect(await (await fetch(url, { headers: { 'Last-Event-ID': 'queued' } })).text()).toBe('');
  server.close();
});
