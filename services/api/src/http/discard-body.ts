import type { Request } from 'express';

const MAX_DISCARD_MS = 5_000;

/**
 * Discards the rest of a request body after the response (for at most 5 s): closing at once would reset the connection,
 * and a client that is still sending would lose the response.
 */
export function discardBody(request: Request): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(() => request.socket.destroy(), MAX_DISCARD_MS);
  request.on('close', () => clearTimeout(timer));
  request.on('end', () => clearTimeout(timer));
  request.unpipe();
  // `resume` alone has no effect while `readable` listeners exist; with a data listener it starts once they are
  // removed.
  request.on('data', () => undefined);
  request.resume();
}
