import type { Request } from 'express';

const MAX_DISCARD_MS = 5_000;

/**
 * Reads and discards what a client still sends after its answer. Closing at once would reset the connection, and a client
 * that is still sending would lose the answer. After five seconds the connection is cut.
 */
export function discardBody(request: Request): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(() => request.socket.destroy(), MAX_DISCARD_MS);
  request.on('close', () => clearTimeout(timer));
  request.on('end', () => clearTimeout(timer));
  request.unpipe();
  // Resuming does nothing while a reader's listeners are still there; with a data listener it begins when they are gone.
  request.on('data', () => undefined);
  request.resume();
}
