import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** Handler of bytes on their way to the server; with HTTP they begin a request. */
export type Verdict =
  | 'pass'
  | 'lose the answer'
  | 'cut off the answer'
  | { answer: string }
  | { cutAfterBytes: number };
type Interceptor = (request: string) => Verdict | Promise<Verdict>;

/** How much of an answer that is cut off goes through. */
const CUT_OFF_BYTES = 64 * 1024;

interface ProxiedConnection {
  readonly client: Socket;
  readonly server: Socket;
}

/** Stands between the services and Redis or S3, on a port of its own, and breaks what goes through. */
export class TcpProxy {
  private readonly lines = new Set<ProxiedConnection>();
  private isCut = false;
  private isFrozen = false;
  private delayMs = 0;
  private interceptor: Interceptor = () => 'pass';

  private constructor(
    private readonly server: Server,
    private targetPort: number,
  ) {
    server.on('connection', (client) => this.open(client));
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, targetPort);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.closeConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** Every connection is reset, and new ones as soon as they are made. */
  cut(): void {
    this.isCut = true;
    this.closeConnections();
  }

  /** Connections stay, and new ones are taken, but nothing goes through. */
  freeze(): void {
    this.isFrozen = true;
    for (const { client, server } of this.lines) for (const socket of [client, server]) socket.pause();
  }

  /** How long every piece waits on its way to the server. */
  slow(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /** New connections go there; the old ones are reset. */
  switchTo(targetPort: number): void {
    this.targetPort = targetPort;
    this.closeConnections();
  }

  /** Judges each piece on its way to the server; what follows it on the same connection waits for the verdict. */
  intercept(interceptor: Interceptor): void {
    this.interceptor = interceptor;
  }

  /** The next request that matches is done by the server, and its answer never arrives. Resolves when it was lost. */
  loseResponse(matching: RegExp): { lost: () => number } {
    let lost = 0;
    this.intercept((request) => {
      if (lost > 0 || !matching.test(request)) return 'pass';
      lost++;
      return 'lose the answer';
    });
    return { lost: () => lost };
  }

  /** All is as it should be again. */
  restore(): void {
    this.isCut = false;
    this.isFrozen = false;
    this.delayMs = 0;
    this.interceptor = () => 'pass';
    for (const { client, server } of this.lines) for (const socket of [client, server]) socket.resume();
  }

  private closeConnections(): void {
    for (const { client } of this.lines) client.resetAndDestroy();
  }

  private open(client: Socket): void {
    if (this.isCut) return void client.resetAndDestroy();
    const server = connect(this.targetPort, '127.0.0.1');
    const line = { client, server };
    this.lines.add(line);
    let losing = false;
    let bytesLeft = Number.POSITIVE_INFINITY;
    let judged: Promise<unknown> = Promise.resolve();
    const pass = async (bytes: Buffer): Promise<void> => {
      const verdict = await this.interceptor(bytes.toString('latin1'));
      if (typeof verdict === 'object' && 'answer' in verdict) return void client.end(verdict.answer);
      if (typeof verdict === 'object') bytesLeft = verdict.cutAfterBytes;
      if (verdict === 'lose the answer') losing = true;
      if (verdict === 'cut off the answer') bytesLeft = CUT_OFF_BYTES;
      this.forward(bytes, server);
    };
    client.on('data', (bytes) => {
      judged = judged.then(() => pass(bytes));
    });
    server.on('data', (bytes) => {
      // An interim answer asks for the body, which is still to come.
      if (losing && !bytes.toString('latin1', 0, 12).endsWith(' 100')) return void client.resetAndDestroy();
      client.write(bytes.subarray(0, bytesLeft));
      bytesLeft -= bytes.length;
      if (bytesLeft <= 0) client.end();
    });
    const close = (): void => {
      this.lines.delete(line);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', close).on('close', close);
    if (this.isFrozen) client.pause();
  }

  private forward(bytes: Buffer, server: Socket): void {
    if (this.delayMs === 0) server.write(bytes);
    else setTimeout(() => server.write(bytes), this.delayMs);
  }
}
