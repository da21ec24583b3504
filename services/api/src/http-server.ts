import { once } from 'node:events';
import { type RequestListener, type Server, createServer } from 'node:http';

/** How long running requests may take to end once the service stops. */
const DRAIN_MS = 10_000;

const TIMEOUTS = {
  /** A client that has not sent its headers by then is cut off with 408. */
  headersTimeout: 15_000,
  /** None for the whole: a lab's 300 MB may take hours on a slow line. Its pace is watched instead (see `http/pace.ts`). */
  requestTimeout: 0,
  connectionsCheckingInterval: 5_000,
  /** Longer than load balancers keep an idle connection (a minute, ours 120 s), or they would send into a closed one. */
  keepAliveTimeout: 130_000,
};
/** Nothing at all from either side. Longer than `Prefer: wait` may wait; event streams have a heartbeat. */
const SILENCE_MS = 120_000;

/** An HTTP server that no client can keep waiting, nor fill with connections. */
export function createHttpServer(app: RequestListener, { maxConnections }: { maxConnections: number }): Server {
  const server = createServer(TIMEOUTS, app);
  server.timeout = SILENCE_MS;
  server.maxConnections = maxConnections;
  return server;
}

/** Takes no new connection, lets running requests end, and cuts those that do not end in time (event streams never do). */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(timer);
}
