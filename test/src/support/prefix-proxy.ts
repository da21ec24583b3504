import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/**
 * A reverse proxy for one path of its host: it strips the path and, as proxies do by default, sends its own name of the
 * target as `Host`.
 */
export class PrefixProxy {
  private target: URL | undefined;

  private constructor(
    private readonly server: Server,
    private readonly path: string,
  ) {}

  /** @param path such as `/cyto` */
  static async start(path: string): Promise<PrefixProxy> {
    const server = createServer();
    const proxy = new PrefixProxy(server, path);
    server.on('request', (incoming, outgoing) => proxy.forward(incoming, outgoing)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** The public address, with the path. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${this.path}`;
  }

  forwardTo(target: string): void {
    this.target = new URL(target);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { url = '', method, headers } = incoming;
    if (this.target === undefined || !url.startsWith(`${this.path}/`))
      return void outgoing.writeHead(404).end('not of this service');
    const { hostname, port, host } = this.target;
    const forwarded = request({
      hostname,
      port,
      method,
      path: url.slice(this.path.length),
      headers: { ...headers, host },
    });
    forwarded.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, outgoing, () => undefined);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    pipeline(incoming, forwarded, () => undefined);
  }
}
