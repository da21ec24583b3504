import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** Handles bytes sent to the server; with HTTP the first bytes begin a request. */
export type Verdict =
  | 'pass'
  | 'lose the answer'
  | 'cut off the answer'
  | { answer: string }
  | { cutAfterBytes: number };
type Interceptor = (request: string) => Verdict | Promise<Verdict>;

/** Bytes of a response that pass before it is cut off. */
const CUT_OFF_BYTES = 64 * 1024;

interface ProxiedConnection {
  readonly client: Socket;
  readonly server: Socket;
}

/** A TCP proxy between the services and Redis or S3 that injects network faults. */
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

  /** Resets every connection, and new ones when they are opened. */
  cut(): void {
    this.isCut = true;
    this.closeConnections();
  }

  /** Keeps and accepts connections but forwards nothing. */
  freeze(): void {
    this.isFrozen = true;
    for (const { client, server } of this.lines) for (const socket of [client, server]) socket.pause();
  }

  /** Delay of every piece sent to the server. */
  slow(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /** Resets connections and forwards new ones to another port. */
  switchTo(targetPort: number): void {
    this.targetPort = targetPort;
    this.closeConnections();
  }

  /** Calls a handler for each piece sent to the server; later bytes of the connection wait until it has decided. */
  intercept(interceptor: Interceptor): void {
    this.interceptor = interceptor;
  }

  /** Drops the response to the next matching request, which the server executes. Resolves when it was dropped. */
  loseResponse(matching: RegExp): { lost: () => number } {
    let lost = 0;
    this.intercept((request) => {
      if (lost > 0 || !matching.test(request)) return 'pass';
      lost++;
      return 'lose the answer';
    });
    return { lost: () => lost };
  }

  /** Ends all faults. */
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
      // An interim response asks for the body, which follows.
      if (losing && !bytes.toString('latin1', 0, 12).endsWith(' 100')) return void client.resetAndDestroy();
      client.write(bytes.subarray(0, bytesLeft));
      bytesLeft -= bytes.length;
      if (bytesLeft <= 0) client.end();
    });
    client
      .on('error', () => client.destroy())
      .on('close', () => {
        this.lines.delete(line);
        server.destroy();
      });
    // The server closes after a response, whose bytes may still wait for a slow reader: `destroy` would drop them.
    server.on('error', () => client.destroy()).on('close', () => client.end());
    if (this.isFrozen) client.pause();
  }

  private forward(bytes: Buffer, server: Socket): void {
    if (this.delayMs === 0) server.write(bytes);
    else setTimeout(() => server.write(bytes), this.delayMs);
  }
}
