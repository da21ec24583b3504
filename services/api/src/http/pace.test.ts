import { once } from 'node:events';
import { createServer, request as openRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Request } from 'express';
import { watchPace } from './pace';

/** What becomes of a body that is sent in these steps, one each 20 ms. */
async function send(chunks: string[], pace: { everyMs: number; leastBytes: number }): Promise<string> {
  let settle: (outcome: string) => void = () => undefined;
  const received = new Promise<string>((resolve) => (settle = resolve));
  const server = createServer((request, response) => {
    const end = watchPace(request as Request, pace);
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => response.end(String(bytes)));
    request.on('close', () => {
      end();
      settle(request.complete ? 'whole' : 'cut');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sending = openRequest({ port: (server.address() as AddressInfo).port, method: 'POST' }).on('error', () => undefined);
  const timer = setInterval(() => {
    const chunk = chunks.shift();
    if (chunk === undefined) sending.end();
    else sending.write(chunk);
  }, 20);
  const outcome = await received;
  clearInterval(timer);
  server.closeAllConnections();
  server.close();
  return outcome;
}

test('a body that drips is cut off', async () => {
  expect(await send(Array<string>(1_000).fill('x'), { everyMs: 200, leastBytes: 5_000 })).toBe('cut');
});

test('a body that keeps the pace is taken whole, however long it takes', async () => {
  expect(await send(Array<string>(30).fill('x'.repeat(2_000)), { everyMs: 200, leastBytes: 2_000 })).toBe('whole');
});
