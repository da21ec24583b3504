import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import Module from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { launchChromium } from '../chromium';
import { LimitedS3 } from '../limited-s3';
import { launchMoto } from '../moto-server';
import { makeMemoryFolder } from './memory-folder';
import { type SharedServer, announceSharedServers } from './shared-servers';

interface Started {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const started = new Map<string, Promise<Started>>();
let front: Server | undefined;
let memoryFolder: string | undefined;
let codeFolder: string | undefined;

const START: Record<SharedServer, () => Promise<Started>> = {
  async moto() {
    const moto = await launchMoto();
    // Like S3, it lets one of several concurrent conditional writes succeed.
    const ordered = await LimitedS3.start(moto.url);
    return { url: ordered.url, stop: () => ordered.stop().then(moto.stop) };
  },
  async chromium() {
    const browser = await launchChromium();
    // A server that crashed is started again for the next test file.
    browser.on('close', () => started.delete('chromium'));
    return { url: browser.wsEndpoint(), stop: () => browser.close() };
  },
};

/**
 * Starts each shared server when a test file first asks, so that a run of unit tests starts none. Temporary files are in
 * memory, unless TMPDIR says where.
 */
export default async function startSharedServers(): Promise<void> {
  if (process.env['TMPDIR'] === undefined) memoryFolder = makeMemoryFolder();
  if (memoryFolder !== undefined) process.env['TMPDIR'] = memoryFolder;
  cacheCode();
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

/** The programs that tests start share the code that V8 has compiled. Before version 22, Node.js needs a module for it. */
function cacheCode(): void {
  codeFolder = mkdtempSync(join(tmpdir(), 'cytoqueue-code-'));
  process.env['NODE_COMPILE_CACHE'] = codeFolder;
  if ('enableCompileCache' in Module) return;
  const preload = `--require ${join(__dirname, 'code-cache-preload.js')}`;
  process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} ${preload}`.trim();
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
  for (const folder of [codeFolder, memoryFolder])
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
