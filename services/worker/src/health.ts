import { once } from 'node:events';
import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HealthServer {
  port: number;
  stop: () => Promise<void>;
}

/** `/health/live` and `/health/ready` of a worker, on a port of their own. `ready` rejects while something is missing. */
export async function startHealthServer(options: { host: string; port: number; ready: () => Promise<unknown> }): Promise<HealthServer> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET') return answer(response, 405);
    if (request.url === '/health/live') return answer(response, 200);
    if (request.url !== '/health/ready') return answer(response, 404);
    options.ready().then(
      () => answer(response, 200),
      () => answer(response, 503),
    );
  });
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

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify({ status: status === 200 ? 'ok' : 'unavailable' }));
}
