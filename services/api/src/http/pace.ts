import type { Request } from 'express';

export interface Pace {
  everyMs: number;
  /** Less than so much in that time is too slow. */
  leastBytes: number;
}

/** 1 kB/s: 1 GiB would take twelve days; what is slower than that is no upload but a hold-up. */
export const UPLOAD_PACE: Pace = { everyMs: 30_000, leastBytes: 30_000 };
/** A record or a few fields; they come in one packet. */
export const JSON_PACE: Pace = { everyMs: 15_000, leastBytes: 65_536 };

/** Cuts a client off that sends its body too slowly; whoever reads the body sees the connection end. @returns an end to the watch */
export function watchPace(request: Request, { everyMs, leastBytes }: Pace): () => void {
  if (request.complete) return () => undefined;
  const { socket } = request;
  let before = socket.bytesRead;
  // Bytes that wait to be read mean that this process is slow, not the client. `isPaused()` does not tell: it is always true
  // of a body that is read with an async iterator.
  const timer = setInterval(() => {
    const isWaitingForUs = request.readableLength > 0;
    if (request.complete) clearInterval(timer);
    else if (!isWaitingForUs && socket.bytesRead - before < leastBytes) socket.destroy();
    before = socket.bytesRead;
  }, everyMs);
  return () => clearInterval(timer);
}
