import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Request } from 'express';
import { withoutIdleLimit } from './accept-upload';

const IDLE_MS = 60_000;

test.each([
  ['before its body ends', true],
  ['after its body has ended', false],
])('a connection has its idle limit again when its upload is refused %s', async (_, isEarly) => {
  const server = createServer();
  server.timeout = IDLE_MS;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  try {
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
    const [request] = (await once(server, 'request')) as [IncomingMessage];
    const ended = once(request, 'end');
    const finishBody = () => {
      client.write('cd');
      request.resume();
      return ended;
    };
    const refused = withoutIdleLimit(request as Request, async () => {
      if (!isEarly) await finishBody();
      throw new Error('refused');
    });
    await expect(refused).rejects.toThrow('refused');
    if (isEarly) await finishBody();
    expect(request.socket.timeout).toBe(IDLE_MS);
  } finally {
    client.destroy();
    server.close();
  }
});
