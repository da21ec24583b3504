import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Readiness, describeProblems } from '@cytoqueue/runtime';

export interface HealthServer {
  port: number;
  stop: () => Promise<void>;
}

export interface HealthOptions {
  host: string;
  port: number;
  /** Whether jobs wait while this worker processes none (see LivenessMonitor). */
  isStalled: () => boolean;
  readiness: Pick<Readiness, 'unavailableDependencies'>;
  /** Metrics in Prometheus's text format. */
  metrics: () => Promise<{ contentType: string; body: string }>;
}

/** Serves the worker's `/health/live`, `/health/ready` and `/metrics` on a separate port. */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = createServer(
    (request, response) => void respond(options, request, response).catch(() => respondJson(response, 500, 'failed')),
  );
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const stop = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

async function respond(
  { isStalled, readiness, metrics }: HealthOptions,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (method !== 'GET') return respondJson(response, 405, 'not allowed');
  if (url === '/health/live')
    return isStalled() ? respondJson(response, 503, 'stalled') : respondJson(response, 200, 'ok');
  if (url === '/health/ready') {
    const problems = await readiness.unavailableDependencies();
    return problems.length === 0
      ? respondJson(response, 200, 'ok')
      : respondJson(response, 503, 'unavailable', describeProblems(problems));
  }
  if (url !== '/metrics') return respondJson(response, 404, 'not found');
  const { contentType, body } = await metrics();
  response.writeHead(200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' }).end(body);
}

function respondJson(response: ServerResponse, status: number, text: string, detail?: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify({ status: text, detail }));
}
