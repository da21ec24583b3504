import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { HEADER, RECORD, ROW, RunningApi } from '../../test/running-api';

/** Short enough for a test, yet a body sent without pauses is complete before the window ends. */
const RATE = { tickMs: 50, windowTicks: 6, minBytes: 1_000, jsonTicks: 4, maxTicks: 1_000 };
const BOUNDARY = 'cut-here';
const PART = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n`;
const FORM = `multipart/form-data; boundary=${BOUNDARY}`;

let redis: RedisProcess;
let api: RunningApi;
let batch: string;
let filesBefore: string[];

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url, 64 * 1024 * 1024, { bodyPace: RATE });
  const response = await api.fetch('/v1/batches', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: HEADER + ROW,
  });
  batch = ((await response.json()) as { id: string }).id;
  filesBefore = await api.files();
});

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

interface Trickle {
  path: string;
  headers: Record<string, string>;
  /** Sent at once; the rest follows one byte at a time and never ends. */
  first: string | Buffer;
  drip?: () => string;
}

const opened = new Set<Socket>();

afterEach(() => {
  for (const socket of opened) socket.destroy();
});

class RawRequest {
  text = '';
  closed = false;
  private readonly socket: Socket;
  private readonly timer: NodeJS.Timeout;

  constructor({ path, headers, first, drip = () => '1\r\nx\r\n' }: Trickle) {
    const { hostname, port } = new URL(api.url);
    this.socket = connect(Number(port), hostname).on('error', () => undefined);
    opened.add(this.socket);
    const lines = Object.entries({ host: hostname, authorization: `Bearer ${api.keyOf('member')}`, ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    this.socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
    if (first.length > 0) this.socket.write(first);
    this.timer = setInterval(() => this.socket.writable && this.socket.write(drip()), 20);
    this.socket.on('data', (bytes: Buffer) => (this.text += bytes.toString()));
    this.socket.on('close', () => {
      this.closed = true;
      clearInterval(this.timer);
    });
  }

  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.text)?.[1]);
  }
}

const chunk = (bytes: string | Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), Buffer.from(bytes), Buffer.from('\r\n')]);
const chunked = (type: string, more: Record<string, string> = {}) => ({
  'content-type': type,
  'transfer-encoding': 'chunked',
  ...more,
});
const halfGzip = gzipSync(HEADER + ROW.repeat(1_000)).subarray(0, 60);

describe('a body that arrives one byte at a time gets 408, and its connection is closed', () => {
  test.each<[string, Omit<Trickle, 'path'> & { path?: string }]>([
    ['a raw file', { headers: chunked('text/csv'), first: chunk(HEADER) }],
    [
      'a raw file of a known length',
      { headers: { 'content-type': 'text/csv', 'content-length': '1000000' }, first: HEADER, drip: () => '1' },
    ],
    [
      'a raw file of which nothing arrives',
      { headers: { 'content-type': 'text/csv', 'content-length': '1000000' }, first: '', drip: () => '' },
    ],
    ['a compressed file', { headers: chunked('text/csv', { 'content-encoding': 'gzip' }), first: chunk(halfGzip) }],
    ['a form before its file', { headers: chunked(FORM), first: '' }],
    ['a form in its file', { headers: chunked(FORM), first: chunk(PART + HEADER) }],
    [
      'a form after its file',
      { headers: chunked(FORM), first: chunk(`${PART}${HEADER}${ROW}\r\n--${BOUNDARY}--\r\n`) },
    ],
    [
      'the trailers after the last chunk',
      {
        headers: chunked('text/csv'),
        first: Buffer.concat([chunk(HEADER + ROW), Buffer.from('0\r\nx-trailer: ')]),
        drip: () => 'x',
      },
    ],
    [
      'chunk extensions',
      { headers: chunked('text/csv'), first: Buffer.concat([chunk(HEADER), Buffer.from('1;x=')]), drip: () => 'x' },
    ],
    ['a dry run', { path: '/v1/batches?dry_run=true', headers: chunked('text/csv'), first: chunk(HEADER + ROW) }],
    ['a record', { path: '/v1/predictions', headers: chunked('application/json'), first: chunk('{"sample_id": "') }],
    [
      'a record that comes faster than a file must',
      {
        path: '/v1/predictions',
        headers: chunked('application/json; charset=utf-8'),
        first: chunk('{"sample_id": "'),
        drip: () => '100\r\n'.concat('x'.repeat(256), '\r\n'),
      },
    ],
    ['a sign-in', { path: '/v1/session', headers: chunked('application/json'), first: chunk('{"api_key": "') }],
  ])('%s', async (_, { path = '/v1/batches', ...trickle }) => {
    const raw = new RawRequest({ path, ...trickle });
    await waitUntil('the connection is closed', () => raw.closed);
    expect(raw.status).toBe(408);
    expect(raw.text).toMatch(/content-type: application\/problem\+json/i);
    expect(raw.text).toMatch(/connection: close/i);
    expect(raw.text).toContain('urn:cytoqueue:problem:too-slow');
    await waitUntil('nothing of it is stored', async () => (await api.files()).join() === filesBefore.join());
  });
});

test('a body that a route does not read cannot keep its connection open', async () => {
  const raw = new RawRequest({ path: `/v1/batches/${batch}/cancel`, headers: chunked('text/csv'), first: chunk('x') });
  await waitUntil('the connection is closed', () => raw.closed);
  expect(raw.status).toBe(202);
});

test('a body that keeps the minimum rate is accepted, however long it takes', async () => {
  const { sending, answered } = api.openRequest('/v1/batches', {
    'content-type': 'text/csv',
    'transfer-encoding': 'chunked',
  });
  sending.write(HEADER);
  // Every piece exceeds a window's minimum and follows the one before at once.
  const endsAt = performance.now() + 3 * RATE.tickMs * RATE.windowTicks;
  while (performance.now() < endsAt) {
    if (!sending.write(ROW.repeat(200))) await once(sending, 'drain');
    else await new Promise((resolve) => setImmediate(resolve));
  }
  sending.end();
  expect((await answered).statusCode).toBe(202);
});

test('time in which the store does not accept data does not count', async () => {
  const put = api.store.put.bind(api.store);
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  api.store.put = async (key, body, options) => {
    if (!key.endsWith('/input.csv') || body instanceof Uint8Array) return put(key, body, options);
    return put(
      key,
      (async function* () {
        let first = true;
        for await (const bytes of body) {
          yield bytes;
          if (first) await held;
          first = false;
        }
      })(),
      options,
    );
  };
  try {
    const { sending, answered } = api.openRequest('/v1/batches', {
      'content-type': 'text/csv',
      'transfer-encoding': 'chunked',
    });
    const bytes = Buffer.from(HEADER + ROW.repeat(400_000));
    sending.end(bytes);
    let ticks = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (++ticks < 3 * RATE.windowTicks) return;
        clearInterval(timer);
        resolve();
      }, RATE.tickMs);
    });
    release();
    expect((await answered).statusCode).toBe(202);
  } finally {
    api.store.put = put;
  }
});

test('a record and a file that arrive at once are accepted', async () => {
  expect(await api.predict(RECORD)).toMatch(/^pred_/);
});

test('a body that keeps the minimum rate, but does not end in time, gets 408', async () => {
  const other = await RunningApi.start(redis.url, 64 * 1024 * 1024, {
    bodyPace: { tickMs: 10, windowTicks: 1, minBytes: 0, jsonTicks: 1, maxTicks: 5 },
  });
  const { sending, answered } = other.openRequest('/v1/batches', { 'content-type': 'text/csv' });
  sending.write(HEADER + ROW);
  expect((await answered).statusCode).toBe(408);
  sending.destroy();
  await other.stop();
});
