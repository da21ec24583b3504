import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { StackError } from './stack-error';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another process; set PORT to another one, or PORT=0 for a free one',
  EACCES: 'needs rights this user does not have; set PORT to one above 1023',
  EADDRNOTAVAIL: 'is no address of this machine; set HOST to one that is',
  ENOTFOUND: 'is no host that can be found; set HOST to one that can',
};

/** A port of 127.0.0.1 that nothing listens on at this moment. */
export async function findFreePort(): Promise<number> {
  return listenBriefly('127.0.0.1', 0);
}

/** @throws StackError saying what to do when nothing can listen there; 0 always passes */
export async function checkPortIsFree(host: string, port: number): Promise<void> {
  try {
    await listenBriefly(host, port);
  } catch (error) {
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? `cannot be used: ${(error as Error).message}`;
    throw new StackError(`${host}:${port} ${reason}`);
  }
}

async function listenBriefly(host: string, port: number): Promise<number> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return address.port;
}
