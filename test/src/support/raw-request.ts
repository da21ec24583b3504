import { connect } from 'node:net';

export interface RawRequest {
  method: string;
  /** Request target, sent unchanged; HTTP clients would normalise it. */
  target: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface RawResponse {
  status: number;
  headers: string;
  body: string;
}

/** Sends a request with any target on a separate connection. An invalid response has status 0. */
export async function rawRequest(
  url: string,
  { method, target, headers = {}, body = '' }: RawRequest,
): Promise<RawResponse> {
  const { hostname, port, host } = new URL(url);
  const all = { ...headers, host: host, connection: 'close', 'content-length': String(Buffer.byteLength(body)) };
  const head = Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  const socket = connect(Number(port), hostname);
  socket.write(`${method} ${target} HTTP/1.1\r\n${head}\r\n${body}`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  const end = text.indexOf('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
    headers: text.slice(0, end),
    body: text.slice(end + 4),
  };
}
