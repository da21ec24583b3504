import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { launchChromium } from '../chromium';
import { launchMoto } from '../moto-server';
import { type SharedServer, announceSharedServers } from './shared-servers';

interface Started {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const started = new Map<string, Promise<Started>>();
let front: Server | undefined;

const START: Record<SharedServer, () => Promise<Started>> = {
  moto: launchMoto,
  async chromium() {
    const browser = await launchChromium();
    // A server that crashed is started again for the next test file.
    browser.on('close', () => started.delete('chromium'));
    return { url: browser.wsEndpoint(), stop: () => browser.close() };
  },
};

/** Starts each shared server when a test file first asks, so that a run of unit tests starts none. */
export default async function startSharedServers(): Promise<void> {
  front = createServer((request, response) => {
    addressOf(request.url?.slice(1) ?? '').then(
      (url) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  front.unref();
  announceSharedServers(`http://127.0.0.1:${(front.address() as AddressInfo).port}`);
}

async function addressOf(name: string): Promise<string> {
  if (!(name in START)) throw new Error(`no shared server ${name}`);
  const server = started.get(name) ?? START[name as SharedServer]();
  started.set(name, server);
  return (await server).url;
}

export async function stopSharedServers(): Promise<void> {
  front?.close();
  front?.closeAllConnections();
  await Promise.all([...started.values()].map(async (server) => (await server).stop()));
}
