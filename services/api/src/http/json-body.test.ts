import { once } from 'node:events';
import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import express from 'express';
import { readJson } from './json-body';

/** The outcome of `readJson` when the client sends only the start of a body, and then leaves if `leaves`. */
async function outcomeOf(headers: IncomingHttpHeaders, start: Uint8Array, leaves: boolean): Promise<unknown> {
  const app = express();
  const outcome = new Promise<unknown>((resolve) => {
    app.post('/', (request, response) => {
      request.on('error', () => undefined);
      resolve(readJson(request, response).catch((error: unknown) => error));
    });
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sending = httpRequest({
    port: (server.address() as AddressInfo).port,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  }).on('error', () => undefined);
  const arrived = once(server, 'request');
  sending.write(start);
  await arrived;
  if (leaves) sending.destroy();
  return outcome.finally(() => {
    sending.destroy();
    server.close();
  });
}

test('a body that is larger than JSON may be is refused before it has arrived', async () => {
  const outcome = await outcomeOf({ 'content-length': '70000' }, Buffer.from('{'), false);
  expect(outcome).toMatchObject({ type: 'too-large' });
});

test.each([
  ['as it is', {}, Buffer.from('{"a":')],
  ['compressed', { 'content-encoding': 'gzip' }, gzipSync('{"a":1}').subarray(0, 15)],
])('a body that is sent %s and cut off is an error', async (_, headers, start) => {
  expect(await outcomeOf(headers, start, true)).toHaveProperty('message');
});
