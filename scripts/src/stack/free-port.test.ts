import { once } from 'node:events';
import { createServer } from 'node:net';
import { findFreePort } from './free-port';

test('a port can be listened on, and the kernel assigns it to no other socket', async () => {
  const port = await findFreePort();
  expect(port).toBeLessThan(32_768);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
});

test('a port that is in use is skipped', async () => {
  const port = await findFreePort();
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  jest.spyOn(Math, 'random').mockReturnValue((port - 10_000) / 2_000);
  expect(await findFreePort()).not.toBe(port);
  server.close();
});
