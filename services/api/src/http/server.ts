import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { type RequestListener, type Server, STATUS_CODES, createServer } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, type ProblemType } from './problem';
import type { PublicAddress } from './public-address';

/** Time that running requests have to finish when the service stops. */
const SHUTDOWN_GRACE_MS = 10_000;

const TIMEOUTS = {
  /** A client that has not sent its headers by then gets 408. */
  headersTimeout: 15_000,
  /** Unlimited: 300 MB may take hours on a slow line. `minimum-rate.ts` limits the rate instead. */
  requestTimeout: 0,
  connectionsCheckingInterval: 5_000,
  /** Longer than a load balancer keeps idle connections (ours 120 s), or it would send into a closed one. */
  keepAliveTimeout: 130_000,
};
/** Time without traffic in either direction. Longer than `Prefer: wait` can take; event streams send heartbeats. */
const SOCKET_IDLE_MS = 120_000;

/** Creates an HTTP server with limits on slow clients and on the number of connections. */
export function createHttpServer(
  app: RequestListener,
  { maxConnections, address }: { maxConnections: number; address: PublicAddress },
): Server {
  const server = createServer(TIMEOUTS, app);
  server.timeout = SOCKET_IDLE_MS;
  server.maxConnections = maxConnections;
  server.on('clientError', (error, socket) => respondToClientError(error, socket as Socket, address));
  return server;
}

const CLIENT_ERRORS: Record<string, { type: ProblemType; detail: string }> = {
  ERR_HTTP_REQUEST_TIMEOUT: { type: 'too-slow', detail: 'The headers did not arrive within 15 seconds.' },
  HPE_HEADER_OVERFLOW: { type: 'headers-too-large', detail: 'The headers exceed the size limit.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { type: 'too-large', detail: 'The chunk extensions exceed the size limit.' },
};

/**
 * Sends a problem for requests that Node.js cannot parse and that never reach the app, unless a response has started.
 */
function respondToClientError(error: NodeJS.ErrnoException, socket: Socket, address: PublicAddress): void {
  const hasResponse =
    (socket as Socket & { _httpMessage?: { headersSent: boolean } | null })._httpMessage?.headersSent === true;
  if (error.code === 'ECONNRESET' || !socket.writable || hasResponse) {
    socket.destroy();
    return;
  }
  const { type, detail } = CLIENT_ERRORS[error.code ?? ''] ?? {
    type: 'malformed-request',
    detail: 'The request is not valid HTTP/1.1.',
  };
  const problem = new Problem(type, detail);
  const id = randomUUID();
  const body = JSON.stringify(problem.body(id));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Connection: close',
    'Cache-Control: no-store',
    `X-Request-Id: ${id}`,
    `Link: ${address.prefixLink(problem.headers['Link'] ?? '')}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Stops accepting connections, waits for running requests and closes the rest after SHUTDOWN_GRACE_MS. */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), SHUTDOWN_GRACE_MS);
  await closed;
  clearTimeout(timer);
}
