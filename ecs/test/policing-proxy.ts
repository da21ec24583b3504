import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { writeOncePatterns } from '../src/permissions';
import { type Statement, isAllowed, matches } from './templates';

/** One request of a service to the store. */
export interface Operation {
  readonly action: string;
  readonly key: string;
  /** Prefix of a listing; undefined for other requests. */
  readonly prefix?: string | undefined;
}

export interface PolicingProxy {
  readonly url: string;
  readonly seen: Operation[];
  readonly denied: Operation[];
  /** Keys that were written without the condition that the bucket's policy requires. */
  readonly overwrites: string[];
  stop(): Promise<void>;
}

const OBJECTS = 'arn:aws:s3:::';

/**
 * A proxy in front of an S3 server that enforces the statements as Amazon S3 would: other requests get 403.
 */
export async function startPolicingProxy(
  target: string,
  policyBucket: string,
  statements: Statement[],
): Promise<PolicingProxy> {
  const proxy = { seen: [] as Operation[], denied: [] as Operation[], overwrites: [] as string[] };
  const isPermitted = ({ action, key, prefix }: Operation): boolean =>
    isAllowed(
      statements,
      action,
      `${OBJECTS}${policyBucket}${key === '' ? '' : `/${key}`}`,
      prefix === undefined ? {} : { 's3:prefix': prefix },
    );

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const wanted = operationsOf(request, body);
    proxy.seen.push(...wanted);
    const refused = wanted.filter((operation) => !isPermitted(operation));
    proxy.denied.push(...refused);
    const overwritten = overwrites(request);
    if (overwritten !== undefined) proxy.overwrites.push(overwritten);
    if (refused.length > 0 || overwritten !== undefined) return deny(response);
    const answer = await send(target, request, body);
    // Without the right to list, an absent object is 403, not 404.
    const isAbsent = answer.statusCode === 404 && !isPermitted({ action: 's3:ListBucket', key: '' });
    if (isAbsent) return deny(response);
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { ...proxy, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

function placeOf(request: IncomingMessage): { key: string; query: URLSearchParams } {
  const url = new URL(request.url ?? '/', 'http://store');
  return { key: decodeURIComponent(url.pathname.split('/').slice(2).join('/')), query: url.searchParams };
}

/** Amazon S3's actions for a request; uploading a part counts as a put. */
function operationsOf(request: IncomingMessage, body: Buffer): Operation[] {
  const { key, query } = placeOf(request);
  if (query.has('delete'))
    return [...body.toString().matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, deleted]) => ({
      action: 's3:DeleteObject',
      key: deleted!,
    }));
  if (key === '') return [{ action: 's3:ListBucket', key, prefix: query.get('prefix') ?? undefined }];
  const actions: Record<string, string> = {
    GET: 's3:GetObject',
    HEAD: 's3:GetObject',
    PUT: 's3:PutObject',
    POST: 's3:PutObject',
    DELETE: query.has('uploadId') ? 's3:AbortMultipartUpload' : 's3:DeleteObject',
  };
  return [{ action: actions[request.method ?? ''] ?? `unknown ${request.method}`, key }];
}

/** The key that this request would create without a condition on its absence. */
function overwrites(request: IncomingMessage): string | undefined {
  const { key, query } = placeOf(request);
  const makesObject =
    (request.method === 'PUT' && !query.has('partNumber')) || (request.method === 'POST' && query.has('uploadId'));
  const isGuarded = writeOncePatterns.some((pattern) => matches(pattern, key));
  return makesObject && isGuarded && request.headers['if-none-match'] === undefined ? key : undefined;
}

async function send(target: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const outgoing = forward(new URL(url ?? '/', target), { method, headers });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return answer;
}

function deny(response: ServerResponse): void {
  response.writeHead(403, { 'Content-Type': 'application/xml' });
  response.end('<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
}
