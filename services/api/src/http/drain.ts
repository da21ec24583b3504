import type { Request } from 'express';

const MAX_DRAIN_MS = 5_000;

/**
 * Reads on and throws away what a refused request still sends. Closing at once would reset the connection, and a client
 * that is still sending would lose the answer that says why. A client that sends on for long is cut off.
 */
export function drainRefused(request: Request): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(() => request.socket.destroy(), MAX_DRAIN_MS);
  request.on('close', () => clearTimeout(timer));
  request.on('end', () => clearTimeout(timer));
  request.unpipe();
  // While whoever was reading has not let go yet, resuming does nothing; with a listener it begins as soon as they have.
  request.on('data', () => undefined);
  request.resume();
}
