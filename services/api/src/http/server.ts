import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { type RequestListener, type Server, STATUS_CODES, createServer } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, type ProblemType } from './problem';

/** How long running requests may take to end once the service stops. */
const SHUTDOWN_GRACE_MS = 10_000;

const TIMEOUTS = {
  /** A client that has not sent its headers by then is cut off with 408. */
  headersTimeout: 15_000,
  /** None for the whole: a lab's 300 MB may take hours on a slow line. Its pace is watched instead (see `http/body-pace.ts`). */
  requestTimeout: 0,
  connectionsCheckingInterval: 5_000,
  /** Longer than load balancers keep an idle connection (a minute, ours 120 s), or they would send into a closed one. */
  keepAliveTimeout: 130_000,
};
/** Nothing at all from either side. Longer than `Prefer: wait` may wait; event streams have a heartbeat. */
const SOCKET_IDLE_MS = 120_000;

/** An HTTP server that no client can keep waiting, nor fill with connections. */
export function createHttpServer(app: RequestListener, { maxConnections }: { maxConnections: number }): Server {
  const server = createServer(TIMEOUTS, app);
  server.timeout = SOCKET_IDLE_MS;
  server.maxConnections = maxConnections;
  server.on('clientError', respondToClientError);
  return server;
}

const CLIENT_ERRORS: Record<string, { type: ProblemType; detail: string }> = {
  ERR_HTTP_REQUEST_TIMEOUT: { type: 'too-slow', detail: 'The headers did not arrive in time.' },
  HPE_HEADER_OVERFLOW: { type: 'headers-too-large', detail: 'The headers are larger than they may be.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { type: 'too-large', detail: 'The chunk extensions are larger than they may be.' },
};

/** Requests that Node.js cannot read never reach the app: they are answered with a problem here, unless an answer has begun. */
export function respondToClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  const hasResponse =
    (socket as Socket & { _httpMessage?: { headersSent: boolean } | null })._httpMessage?.headersSent === true;
  if (error.code === 'ECONNRESET' || !socket.writable || hasResponse) {
    socket.destroy();
    return;
  }
  const { type, detail } = CLIENT_ERRORS[error.code ?? ''] ?? {
    type: 'malformed-request',
    detail: 'The request is not HTTP/1.1.',
  };
  const problem = new Problem(type, detail);
  const id = randomUUID();
  const body = JSON.stringify(problem.body(id));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Connection: close',
    'Cache-Control: no-store',
    `X-Request-Id: ${id}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Takes no new connection, lets running requests end, and cuts those that do not end in time (event streams never do). */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), SHUTDOWN_GRACE_MS);
  await closed;
  clearTimeout(timer);
}
