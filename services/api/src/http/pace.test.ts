import { once } from 'node:events';
import { createServer, request as openRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Request } from 'express';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { advanceIntervals, holdIntervals } from '../../test/manual-intervals';
import { watchPace } from './pace';

const PACE = { everyMs: 30_000, leastBytes: 3_000 };

beforeEach(() => holdIntervals());
afterEach(() => jest.useRealTimers());

/**
 * Sends a body in these chunks; an interval of the pace ends after each chunk, when it has arrived.
 * @returns the bytes that were read, and whether the body was complete
 */
async function send(chunks: readonly string[], isRead = true): Promise<{ bytes: number; whole: boolean }> {
  let request: Request | undefined;
  let bytes = 0;
  const server = createServer((received, response) => {
    request = received as Request;
    const end = watchPace(request, PACE);
    if (isRead) received.on('data', (chunk: Buffer) => (bytes += chunk.length));
    received.on('end', () => response.end());
    received.on('close', end);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sending = openRequest({ port: (server.address() as AddressInfo).port, method: 'POST' }).on('error', () => undefined);
  sending.flushHeaders();
  const incoming = await waitUntil('the request has arrived', () => request);
  let sent = 0;
  for (const chunk of chunks) {
    sending.write(chunk);
    sent += chunk.length;
    await waitUntil('the chunk has arrived', () => (isRead ? bytes === sent : incoming.readableLength > 0));
    advanceIntervals(PACE.everyMs);
    if (incoming.socket.destroyed) break;
  }
  sending.end();
  if (!incoming.socket.destroyed && !isRead) incoming.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await waitUntil('the request has ended', () => incoming.closed);
  server.closeAllConnections();
  server.close();
  return { bytes, whole: incoming.complete };
}

const FAST = 'x'.repeat(PACE.leastBytes);

test('a body that arrives too slowly is cut off after the interval in which it was too slow', async () => {
  expect(await send([FAST, 'x', FAST])).toEqual({ bytes: PACE.leastBytes + 1, whole: false });
});

test('a body that keeps the pace is received whole, however many intervals it takes', async () => {
  expect(await send(Array<string>(10).fill(FAST))).toEqual({ bytes: 10 * PACE.leastBytes, whole: true });
});

test('a body that this process does not read yet is not cut off', async () => {
  expect(await send(['x', 'x', 'x'], false)).toEqual({ bytes: 3, whole: true });
});
