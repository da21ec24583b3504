import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ephemeral ports (32768 and up on Linux), which the kernel gives to any connection. */
const FIRST_PORT = 12_000;
const PORTS_PER_WORKER = 2_000;
const WORKERS = 10;

let next: number | undefined;

/**
 * A port of 127.0.0.1 that nothing listens on and that stays free for this test when its server restarts: the kernel
 * does not assign it to other sockets, and every jest worker takes from a range of its own, in turn.
 */
export async function findFreePort(): Promise<number> {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 1) % WORKERS;
  // Several jest processes may run at once, so each starts at another port.
  next ??= Math.floor(Math.random() * PORTS_PER_WORKER);
  for (;;) {
    const port = FIRST_PORT + worker * PORTS_PER_WORKER + (next++ % PORTS_PER_WORKER);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
