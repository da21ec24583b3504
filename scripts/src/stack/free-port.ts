import { once } from 'node:events';
import { createServer } from 'node:net';
import { StackError } from './stack-error';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another process; set PORT to another one, or PORT=0 for a free one',
  EACCES: 'needs rights this user does not have; set PORT to one above 1023',
  EADDRNOTAVAIL: 'is no address of this machine; set HOST to one that is',
  ENOTFOUND: 'is no host that can be found; set HOST to one that can',
};

/** Below the ephemeral ports (32768 and up on Linux) and below those of the tests (test/src/support/free-port.ts). */
const FIRST_PORT = 10_000;
const PORTS = 2_000;

/**
 * A port of 127.0.0.1 that nothing listens on and that the kernel assigns to no other socket, so that a server can be
 * restarted there. Starts at a random place, because several stacks may look at the same time.
 */
export async function findFreePort(): Promise<number> {
  const start = Math.floor(Math.random() * PORTS);
  for (let index = 0; index < PORTS; index++) {
    const port = FIRST_PORT + ((start + index) % PORTS);
    if (await isFree(port)) return port;
  }
  throw new StackError(`no port from ${FIRST_PORT} to ${FIRST_PORT + PORTS - 1} of 127.0.0.1 is free`);
}

async function isFree(port: number): Promise<boolean> {
  return listenBriefly('127.0.0.1', port).then(
    () => true,
    () => false,
  );
}

/** @throws StackError saying what to do when nothing can listen there; 0 always passes */
export async function checkPortIsFree(host: string, port: number): Promise<void> {
  try {
    await listenBriefly(host, port);
  } catch (error) {
    const reason =
      REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? `cannot be used: ${(error as Error).message}`;
    throw new StackError(`${host}:${port} ${reason}`);
  }
}

async function listenBriefly(host: string, port: number): Promise<void> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}
