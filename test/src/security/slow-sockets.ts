import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { HEADER } from '../support/csv-rows';

const BYTE_INTERVAL_MS = 500;

export async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/**
 * Connections that begin requests and then send a byte at a time: a quarter each in the first line, in a header, in two
 * kinds of body.
 */
export class SlowSockets {
  private constructor(
    private readonly sockets: readonly Socket[],
    private readonly drip: NodeJS.Timeout,
  ) {}

  static async open(count: number, url: string, apiKey: string): Promise<SlowSockets> {
    const upload = (request: string) =>
      `${request} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${apiKey}\r\nContent-Type: text/csv\r\nContent-Length: 1000000\r\n\r\n${HEADER}`;
    const starts = [
      'GET /v1/models HTT',
      'POST /v1/batches HTTP/1.1\r\nHost: x\r\nX-A: ',
      upload('POST /v1/batches'),
      upload('POST /v1/predictions'),
    ];
    const sockets = await Promise.all(Array.from({ length: count }, () => openSocket(url)));
    sockets.forEach((socket, index) => socket.resume().write(starts[index % starts.length] as string));
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('7');
    }, BYTE_INTERVAL_MS);
    return new SlowSockets(sockets, drip);
  }

  get closed(): number {
    return this.sockets.filter((socket) => socket.closed).length;
  }

  destroy(): void {
    clearInterval(this.drip);
    for (const socket of this.sockets) socket.destroy();
  }
}
