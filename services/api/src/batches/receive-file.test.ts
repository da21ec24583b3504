import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import express from 'express';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { advanceIntervals, holdIntervals } from '../../test/manual-intervals';
import { HEADER, ROW, RunningApi } from '../../test/running-api';
import { DEFAULT_MINIMUM_RATE } from '../http/minimum-rate';
import { receiveFile } from './receive-file';

const MAX_UPLOAD_BYTES = 512 * 1024;
/** More than the socket and all buffers in between can hold. */
const CHUNK = ROW.repeat(2_000);

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url, MAX_UPLOAD_BYTES);
});

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

/** Tests list all files, so each starts with an empty store. */
afterEach(async () => {
  jest.useRealTimers();
  await api.store.deletePrefix('tenants/');
  await api.store.deletePrefix('pending/');
});

const BOUNDARY = 'cut-here';
const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;
const part = (name: string, filename: string, content: string) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: text/csv\r\n\r\n${content}`;
const END = `\r\n--${BOUNDARY}--\r\n`;

const kinds = [
  { kind: 'raw', contentType: 'text/csv', opening: '' },
  { kind: 'multipart', contentType: MULTIPART, opening: part('file', 'a.csv', '') },
];

async function post(contentType: string | undefined, body: string | Buffer, headers: Record<string, string> = {}) {
  const response = await api.fetch('/v1/batches', {
    method: 'POST',
    body: Buffer.from(body),
    headers: { ...(contentType === undefined ? {} : { 'content-type': contentType }), ...headers },
  });
  return {
    status: response.status,
    json: (await response.json()) as {
      type?: string;
      filename?: string | null;
      errors?: { code: string; field?: string }[];
    },
  };
}

/** The outcome of `receiveFile` when the client sends all of `body` and is gone before the file is read. */
async function outcomeAfterDisconnect(contentType: string, body: string): Promise<unknown> {
  const app = express();
  const outcome = new Promise<unknown>((resolve) => {
    app.post('/', (request, response) => {
      request.on('error', () => undefined);
      const read = () => receiveFile(request, response, async (source) => void (await text(source)));
      // After all events of the disconnection.
      response.once('close', () => setImmediate(() => resolve(read().catch((error: unknown) => error))));
    });
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sending = httpRequest({
    port: (server.address() as AddressInfo).port,
    method: 'POST',
    headers: { 'content-type': contentType, 'content-length': Buffer.byteLength(body) },
  }).on('error', () => undefined);
  const arrived = once(server, 'request');
  sending.end(body);
  await arrived;
  sending.destroy();
  return outcome.finally(() => server.close());
}

async function untilStoring(): Promise<void> {
  await waitUntil('bytes are being stored', async () => (await api.files()).some((file) => file.startsWith('.tmp/')));
}

async function nothingLeft(): Promise<void> {
  await waitUntil('nothing is left in the store', async () => (await api.files()).length === 0);
}

const { minBytes: leastBytes } = DEFAULT_MINIMUM_RATE;
const everyMs = DEFAULT_MINIMUM_RATE.tickMs * DEFAULT_MINIMUM_RATE.windowTicks;
const STEADY = ROW.repeat(Math.ceil(leastBytes / ROW.length));

/** Sends chunks until the socket accepts no more, so that the response cannot depend on the whole body. */
async function sendWithoutEnd(
  sending: ClientRequest,
  first: string,
  answered: Promise<IncomingMessage>,
): Promise<IncomingMessage> {
  let response: IncomingMessage | undefined;
  void answered.then(
    (given) => (response = given),
    () => undefined,
  );
  sending.write(first);
  while (response === undefined) {
    if (!sending.write(CHUNK)) await Promise.race([once(sending, 'drain'), answered]);
  }
  return response;
}

describe.each(kinds)('a $kind upload', ({ contentType, opening }) => {
  test('with an unsuitable header is refused while it is still being sent', async () => {
    const { sending, answered } = api.openRequest('/v1/batches', { 'content-type': contentType });
    const response = await sendWithoutEnd(sending, `${opening}id,V1,V2\n${ROW}`, answered);
    expect(response.statusCode).toBe(422);
    expect(await text(response)).toContain('missing-column');
    sending.destroy();
    await nothingLeft();
  });

  test('that exceeds the size limit is refused while it is still being sent', async () => {
    const { sending, answered } = api.openRequest('/v1/batches', { 'content-type': contentType });
    const response = await sendWithoutEnd(sending, opening + HEADER, answered);
    expect(response.statusCode).toBe(413);
    expect(response.headers['content-type']).toContain('application/problem+json');
    sending.destroy();
    await nothingLeft();
  });

  test('whose client disconnects leaves nothing in the store and is not logged as our error', async () => {
    const { sending } = api.openRequest('/v1/batches', { 'content-type': contentType });
    sending.on('error', () => undefined);
    sending.write(opening + HEADER + CHUNK);
    await untilStoring();
    const before = api.logged.length;
    sending.destroy();
    await nothingLeft();
    const isEnd = ({ msg }: { msg: string }) => msg === 'client went away' || msg === 'request failed';
    expect((await waitUntil('its end is logged', () => api.logged.slice(before).find(isEnd))).msg).toBe(
      'client went away',
    );
  });

  test('whose client has disconnected before it is read ends at once', async () => {
    const end = opening === '' ? '' : END;
    expect(await outcomeAfterDisconnect(contentType, opening + HEADER + ROW + end)).toHaveProperty('message');
  });

  test('at 1 kB/s is accepted, even if it takes many intervals', async () => {
    holdIntervals();
    const { sending, answered } = api.openRequest('/v1/batches', { 'content-type': contentType });
    sending.write(opening + HEADER);
    await untilStoring();
    for (let interval = 0; interval < 5; interval++) {
      const before = api.receivedBytes(sending);
      sending.write(STEADY);
      await waitUntil('the rows have arrived', () => api.receivedBytes(sending) - before >= STEADY.length);
      advanceIntervals(everyMs);
    }
    sending.end(opening === '' ? '' : END);
    expect((await answered).statusCode).toBe(202);
  });

  test('that stops arriving gets 408 and leaves nothing', async () => {
    holdIntervals();
    const { sending, answered } = api.openRequest('/v1/batches', { 'content-type': contentType });
    let status: number | undefined;
    void answered.then(
      (response) => (status = response.statusCode),
      () => undefined,
    );
    sending.write(opening + HEADER + ROW);
    await untilStoring();
    // An interval in which bytes wait for the disk does not count, so one interval may not be enough.
    const answer = await waitUntil('it is answered', () => {
      advanceIntervals(everyMs);
      return status;
    });
    expect(answer).toBe(408);
    await nothingLeft();
    expect(await api.files()).toEqual([]);
  });

  test('that is complete is accepted and durable', async () => {
    const { status } = await post(contentType, `${opening}${HEADER}${CHUNK}${opening === '' ? '' : END}`);
    expect(status).toBe(202);
    const files = await api.files();
    expect(files.map((file) => file.replace(/batch_[^/]+/, 'ID'))).toEqual([
      'pending/lab/ID',
      'tenants/lab/batches/ID/batch.json',
      'tenants/lab/batches/ID/input.csv',
    ]);
  });
});

describe('a form', () => {
  test.each([
    ['cut off in its file', part('file', 'a.csv', HEADER + ROW)],
    ['cut off in its header', part('file', 'a.csv', '').slice(0, -10)],
    ['without a file', END],
    ['with the file in another field', part('data', 'a.csv', HEADER + ROW) + END],
    ['with two files', `${part('file', 'a.csv', HEADER + ROW)}\r\n${part('file', 'b.csv', HEADER + ROW)}${END}`],
  ])('%s is refused, and leaves nothing', async (_, body) => {
    expect(await post(MULTIPART, body)).toMatchObject({
      status: 400,
      json: { type: 'urn:cytoqueue:problem:malformed-request' },
    });
    await nothingLeft();
  });

  const field = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="model"\r\n\r\nwdbc-knn`;

  test.each([
    ['before the file', `${field}\r\n${part('file', 'a.csv', HEADER + ROW)}${END}`],
    ['behind the file', `${part('file', 'a.csv', HEADER + ROW)}\r\n${field}${END}`],
    ['behind a file without features,', `${part('file', 'a.csv', 'a,b\n1,2\n')}\r\n${field}${END}`],
  ])('with a field %s the form is refused naming the field, and nothing is stored', async (_, body) => {
    expect(await post(MULTIPART, body)).toMatchObject({
      status: 422,
      json: {
        errors: [{ field: 'model', code: 'unexpected-field', detail: expect.stringContaining('?model=') as string }],
      },
    });
    await nothingLeft();
  });

  test('without a boundary is refused', async () => {
    expect((await post('multipart/form-data', part('file', 'a.csv', HEADER + ROW) + END)).status).toBe(400);
  });

  test.each([
    ['C:\\labs\\März.csv', 'März.csv'],
    ['../../etc/passwd', 'passwd'],
    [`${'x'.repeat(254)}😀`, `${'x'.repeat(254)}�`],
  ])('stores the file name %j as %j', async (sent, kept) => {
    const { status, json } = await post(MULTIPART, part('file', sent, HEADER + ROW) + END);
    expect([status, json.filename]).toEqual([202, kept]);
  });
});

describe('a body', () => {
  test.each(['text/csv', 'TEXT/CSV; charset=utf-8', 'application/csv', 'text/plain', 'application/octet-stream'])(
    'of type %s is accepted',
    async (type) => {
      expect((await post(type, HEADER + ROW)).status).toBe(202);
    },
  );

  test.each(['application/json', 'text/html', 'application/x-www-form-urlencoded', 'nonsense', undefined])(
    'of type %s is not',
    async (type) => {
      expect((await post(type, HEADER + ROW)).status).toBe(415);
      await nothingLeft();
    },
  );

  test('in an unknown content encoding is refused', async () => {
    expect((await post('text/csv', HEADER + ROW, { 'content-encoding': 'br' })).status).toBe(415);
  });

  test('that is empty is refused', async () => {
    expect((await post('text/csv', '')).json.errors?.[0]?.code).toBe('empty-file');
  });

  test('of exactly the maximum size is accepted, one byte more is refused', async () => {
    const most = (HEADER + ROW.repeat(MAX_UPLOAD_BYTES / ROW.length)).slice(0, MAX_UPLOAD_BYTES - 1);
    expect((await post('text/csv', `${most}\n`)).status).toBe(202);
    expect((await post('text/csv', `${most}\n\n`)).status).toBe(413);
  });
});
