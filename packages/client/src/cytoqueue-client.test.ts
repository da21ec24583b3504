import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { ApiError, ConnectionError, CytoqueueClient } from './index';

interface Seen {
  method?: string;
  url?: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Responses of a failing server. test/src/api/client.test.cases.ts tests the client against the real API. */
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

let server: Server;
let client: CytoqueueClient;
let answers: Answer[];
let seen: Seen[];

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
const cutOff: Answer = (_response, request) => request.socket.destroy();

beforeAll(async () => {
  server = createServer((request, response) => {
    void buffer(request).then((body) => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body: body.toString() });
      (answers.shift() as Answer)(response, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  client = new CytoqueueClient({
    url: `http://127.0.0.1:${port}/`,
    apiKey: 'cq_test',
    retry: { attempts: 3, baseDelayMs: 1, maxDelayMs: 2 },
  });
});

beforeEach(() => {
  answers = [];
  seen = [];
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const problem = {
  type: 'urn:cytoqueue:problem:invalid-csv',
  title: 'The file cannot be processed',
  status: 422,
  detail: 'no header',
  request_id: 'r1',
  errors: [{ row: 3, code: 'x', detail: 'bad' }],
  total_errors: 7,
};

test('a refusal is an ApiError with all members of the problem document', async () => {
  answers = [json(422, problem)];
  const error = await client.getBatch('batch_1').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    status: 422,
    type: 'invalid-csv',
    detail: 'no header',
    requestId: 'r1',
    errors: problem.errors,
    totalErrors: 7,
    retryAfterMs: undefined,
  });
  expect(seen).toHaveLength(1);
});

test("a proxy's error response is an ApiError", async () => {
  answers = [(response) => response.writeHead(404).end('<html>')];
  await expect(client.getBatch('batch_1')).rejects.toMatchObject({ status: 404, type: 'http-error' });
});

test('a retryable failure is retried until it succeeds', async () => {
  answers = [json(503, {}), cutOff, json(200, { id: 'batch_1' })];
  expect(await client.getBatch('batch_1')).toEqual({ id: 'batch_1' });
  expect(seen).toHaveLength(3);
});

test('retries are limited', async () => {
  answers = [cutOff, cutOff, cutOff, json(200, {})];
  await expect(client.getBatch('batch_1')).rejects.toBeInstanceOf(ConnectionError);
  expect(seen).toHaveLength(3);
});

test('a prediction uses the same idempotency key in all attempts', async () => {
  answers = [cutOff, json(202, { id: 'pred_1' })];
  await client.predict({ features: { mitoses: 1 } }, { waitSeconds: 5 });
  const keys = seen.map(({ headers }) => headers['idempotency-key']);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
  expect(seen[1]).toMatchObject({ method: 'POST', url: '/v1/predictions', body: '{"features":{"mitoses":1}}' });
  expect(seen[1].headers).toMatchObject({ authorization: 'Bearer cq_test', prefer: 'wait=5' });
});

test('a request that is not idempotent is not retried', async () => {
  answers = [cutOff, json(202, {})];
  await expect(client.retryBatch('batch_1')).rejects.toBeInstanceOf(ConnectionError);
  expect(seen).toHaveLength(1);
});

test('a file is read again for each attempt, sent as a form, and its progress is reported', async () => {
  let reads = 0;
  const file = {
    size: 6,
    stream: async function* () {
      reads++;
      yield Buffer.from('abc');
      yield Buffer.from('def');
    },
  };
  const sent: number[] = [];
  answers = [json(503, {}), json(202, { id: 'batch_1' })];
  await client.uploadBatch(file, {
    filename: 'a "b".csv',
    onError: 'abort',
    onProgress: ({ sentBytes }) => sent.push(sentBytes),
  });
  expect(reads).toBe(2);
  expect(sent).toEqual([3, 6, 3, 6]);
  const [, { url, headers, body }] = seen;
  expect(url).toBe('/v1/batches?on_error=abort');
  expect(headers['idempotency-key']).toBe(seen[0].headers['idempotency-key']);
  const form = await new Response(body, { headers: { 'Content-Type': headers['content-type'] as string } }).formData();
  const received = form.get('file') as File;
  expect([received.name, await received.text()]).toEqual(['a "b".csv', 'abcdef']);
});

test('an aborted call rejects with the reason of its signal, also during a retry delay', async () => {
  const controller = new AbortController();
  answers = [
    (response, request) => {
      json(503, {}, { 'Retry-After': '60' })(response, request);
      response.on('close', () => setImmediate(() => controller.abort(new Error('enough'))));
    },
  ];
  await expect(client.getBatch('batch_1', { signal: controller.signal })).rejects.toThrow('enough');
});

test('ids and names are encoded into the path', async () => {
  answers = [json(200, {})];
  await client.getModelVersion('a/b', '1?2');
  expect(seen[0].url).toBe('/v1/models/a%2Fb/versions/1%3F2');
});
