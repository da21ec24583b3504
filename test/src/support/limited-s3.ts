import { once } from 'node:events';
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  createServer,
  request as forward,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Limitation of a server. `unconditional`: it ignores If-None-Match. The others return an error. */
export type Limit =
  | 'none'
  | 'unconditional'
  | 'unconditional parts'
  | 'no checksums'
  | 'read only'
  | 'skewed clock'
  | 'expired credentials';

/**
 * A proxy in front of an S3 server, which can imitate a server without some feature. Conditional writes pass one at a
 * time: S3 checks and writes in one step, but moto in two, so that two concurrent writers could both succeed, or one
 * could receive status 500.
 */
export class LimitedS3 {
  limit: Limit = 'none';
  private conditionalWrites: Promise<unknown> = Promise.resolve();
  private readonly server = createServer(
    (request, response) => void this.answer(request, response).catch(() => response.destroy()),
  );

  private constructor(private readonly target: string) {}

  static async start(target: string): Promise<LimitedS3> {
    const limited = new LimitedS3(target);
    // For the same reason idle connections of clients stay open.
    limited.server.keepAliveTimeout = 0;
    limited.server.listen(0, '127.0.0.1');
    await once(limited.server, 'listening');
    return limited;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    if (this.limit === 'skewed clock')
      return refuse(response, 403, 'RequestTimeTooSkewed', { date: new Date(Date.now() - 3_600_000).toUTCString() });
    if (this.limit === 'expired credentials') return refuse(response, 400, 'ExpiredToken');
    const isWrite = request.method === 'PUT' || request.method === 'POST';
    if (isWrite && this.limit === 'read only') return refuse(response, 403, 'AccessDenied');
    if (isWrite && this.limit === 'no checksums' && hasChecksum(request.headers))
      return refuse(response, 501, 'NotImplemented');
    const headers = this.passed(request);
    // The client's headers decide: concurrent writes of one key can fail in moto (500) without their condition too.
    if (request.headers['if-none-match'] === undefined && request.headers['if-match'] === undefined)
      return this.pass(request, headers, body, response);
    const written = this.conditionalWrites.then(() => this.pass(request, headers, body, response));
    this.conditionalWrites = written.catch(() => undefined);
    await written;
  }

  private async pass(
    { method, url }: IncomingMessage,
    headers: IncomingHttpHeaders,
    body: Buffer,
    response: ServerResponse,
  ): Promise<void> {
    // A connection of its own: the server may close an idle one at the moment at which it is used again.
    const upstream = forward(`${this.target}${url}`, { method, headers, agent: false });
    upstream.end(body);
    const [answered] = (await once(upstream, 'response')) as [IncomingMessage];
    response.writeHead(answered.statusCode ?? 502, answered.headers);
    answered.pipe(response);
  }

  private passed({ headers, method }: IncomingMessage): IncomingHttpHeaders {
    const isIgnored = this.limit === 'unconditional' || (this.limit === 'unconditional parts' && method === 'POST');
    const { 'if-none-match': condition, ...rest } = headers;
    return isIgnored || condition === undefined ? rest : { ...rest, 'if-none-match': condition };
  }
}

function hasChecksum(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some(
    (name) => name.startsWith('x-amz-checksum-') || name === 'x-amz-sdk-checksum-algorithm' || name === 'x-amz-trailer',
  );
}

function refuse(response: ServerResponse, status: number, code: string, headers = {}): void {
  response
    .writeHead(status, { 'Content-Type': 'application/xml', ...headers })
    .end(`<Error><Code>${code}</Code><Message>refused</Message></Error>`);
}
