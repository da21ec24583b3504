import { type Browser, type BrowserServer, chromium } from 'playwright-core';
import { findChromium } from './executables';
import { askSharedServer } from './jest/shared-servers';

/** Starts a browser that clients connect to over a WebSocket, and that makes no requests of its own. */
export async function launchChromium(): Promise<BrowserServer> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium: npm test installs it, or set CHROMIUM_PATH');
  const quiet = [
    '--disable-background-networking',
    '--disable-gpu',
    '--disable-component-update',
    '--disable-sync',
    '--disable-quic',
    '--no-first-run',
  ];
  return chromium.launchServer({ executablePath, args: ['--no-sandbox', ...quiet] });
}

/** Connects to the browser of this jest run. Contexts opened on the connection are private to it and close with it. */
export async function connectChromium(): Promise<Browser> {
  return chromium.connect(await askSharedServer('chromium'));
}
