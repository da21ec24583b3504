import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createLogger } from '@cytoqueue/runtime';
import express from 'express';
import { PublicAddress } from './public-address';
import { createHttpServer } from './server';
import { requestContext } from './request-context';
import { createErrorHandler, toHttpProblem } from './error-handler';

/** Express replaces a rejection without a value by an error of its own. */
const STATUSES = [500, 500, 500, 500, 500, 500, 500, 500];
let server: Server;
let canLog = true;

const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('read');
    },
    getPrototypeOf: () => {
      throw new Error('read');
    },
  },
);
const thrown: [string, unknown][] = [
  ['an error', new TypeError('secret /home/lab/main.js')],
  ['nothing', undefined],
  ['null', null],
  ['text', 'secret'],
  ['a number', 42],
  ['a symbol', Symbol('secret')],
  ['a value that throws when it is read', hostile],
  [
    'an error with a circular cause',
    (() => {
      const error = new Error('secret');
      error.cause = error;
      return error;
    })(),
  ],
];

beforeAll(async () => {
  const logger = createLogger(
    { service: 'api', environment: 'test', level: 'info' },
    {
      write: () => {
        if (!canLog) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      },
    },
  );
  const app = express().use(requestContext(logger, () => {}));
  thrown.forEach(([, value], index) => app.get(`/throw/${index}`, async () => Promise.reject(value)));
  app.get('/started', (_request, response) => {
    response.write('started');
    throw new Error('secret');
  });
  app.use(createErrorHandler(toHttpProblem));
  server = createHttpServer(app, {
    maxConnections: 100,
    address: new PublicAddress('https://lab.example/cyto'),
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => (canLog = true));

afterAll(async () => {
  server.closeAllConnections();
  server.close();
});

const port = () => (server.address() as AddressInfo).port;
const get = (path: string) => fetch(`http://127.0.0.1:${port()}${path}`);

describe.each([
  ['that can be written', true],
  ['that cannot be written', false],
])('with a log %s', (_, works) => {
  test.each(thrown.map(([name], index) => [name, index] as const))(
    'a handler that throws %s sends a problem that does not reveal it',
    async (_name, index) => {
      canLog = works;
      const response = await get(`/throw/${index}`);
      const text = await response.text();
      expect([response.status, response.headers.get('content-type')]).toEqual([
        STATUSES[index],
        'application/problem+json; charset=utf-8',
      ]);
      expect(text).not.toMatch(/secret|read|\bat .*\.[jt]s|\/home/);
    },
  );
});

test('a response that has started is cut off, and the next request succeeds', async () => {
  await expect(get('/started').then((response) => response.text())).rejects.toThrow(/terminated|fetch failed/);
  expect((await get('/throw/0')).status).toBe(500);
});

test.each([
  ['ENOSPC', 507],
  ['EDQUOT', 507],
  ['EMFILE', 503],
  ['ENFILE', 503],
  ['EACCES', 503],
  ['EROFS', 503],
  ['EIO', 503],
  ['ECANCELED', 500],
])('the system error %s becomes status %i', (code, status) => {
  expect(toHttpProblem(Object.assign(new Error(code), { code, syscall: 'open' })).status).toBe(status);
});

/** Sends raw bytes and returns the response. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(port(), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString())).on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

test.each([
  ['text that is not HTTP', 'nonsense\r\n\r\n', 400],
  ['headers that are too large', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ['an invalid length', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n', 400],
])('%s gets a problem', async (_, bytes, status) => {
  const text = await raw(bytes);
  expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(text).toContain('application/problem+json');
  // The proxy strips this path, so the client needs it.
  expect(text).toMatch(/^link: <\/cyto\//im);
  expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toMatchObject({
    status,
    request_id: /^x-request-id: (.*)\r$/im.exec(text)?.[1],
  });
});
