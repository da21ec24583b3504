import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { ApiError, ConnectionError, CytoqueueClient, InvalidResponseError } from './index';

/*
 * Incomplete responses. Uses a test server, because the real API cannot be made to stop at a given byte.
 */

type Answer = (response: ServerResponse) => void;

let server: Server;
let client: CytoqueueClient;
let answers: Answer[];
let keys: (string | undefined)[];

beforeAll(async () => {
  server = createServer((request: IncomingMessage, response) => {
    void buffer(request).then(() => {
      keys.push(request.headers['idempotency-key'] as string | undefined);
      (answers.shift() ?? brokenOff)(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  client = new CytoqueueClient({
    url: `http://127.0.0.1:${port}`,
    retry: { attempts: 3, baseDelayMs: 1, maxDelayMs: 2 },
  });
});

beforeEach(() => {
  answers = [];
  keys = [];
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const JSON_TYPE = { 'Content-Type': 'application/json' };
const whole: Answer = (response) => response.writeHead(202, JSON_TYPE).end('{"id":"one"}');
const brokenOff: Answer = (response) =>
  response.writeHead(202, { ...JSON_TYPE, 'Content-Length': 12 }).write('{"id"', () => response.destroy());
const chunkBrokenOff: Answer = (response) =>
  response.writeHead(202, JSON_TYPE).write('{"id"', () => response.destroy());
const endsEarly: Answer = (response) => response.writeHead(202, { ...JSON_TYPE, Connection: 'close' }).end('{"id":');
const html: Answer = (response) =>
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end('<html>Please sign in</html>');
const empty: Answer = (response) => response.writeHead(200).end();

const lost = {
  'a body shorter than its length': brokenOff,
  'interrupted chunks': chunkBrokenOff,
  'truncated JSON': endsEarly,
  'a proxy’s page': html,
  'an empty body': empty,
};
const creations: Record<string, () => Promise<unknown>> = {
  prediction: () => client.predict({ features: { mitoses: 1 } }),
  upload: () => client.uploadBatch(new Blob(['V1\n1\n'])),
  rescore: () => client.rescoreBatch('batch_1'),
  training: () => client.createTraining(new Blob(['V1\n1\n']), { name: 'lab', schema: 'wbc', label: 'Class' }),
};

describe.each(Object.entries(creations))('the response to a new %s', (_name, create) => {
  test.each(Object.entries(lost))('that is lost by %s is requested again with the same key', async (_fault, answer) => {
    answers = [answer, answer, whole];
    expect(await create()).toEqual({ id: 'one' });
    expect(new Set(keys)).toEqual(new Set([expect.stringMatching(/^\w{32}$/)]));
    expect(keys).toHaveLength(3);
  });

  test('that never arrives is an error with the idempotency key', async () => {
    const error: unknown = await create().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as ConnectionError).idempotencyKey).toBe(keys[0]);
  });

  test('that a proxy replaces by an error includes the key; a refusal does not', async () => {
    const failWith = async (status: number, body: string) => {
      answers = Array.from({ length: 3 }, () => (response) => response.writeHead(status).end(body));
      return create().catch((thrown: unknown) => thrown);
    };
    expect(await failWith(504, '<h1>Gateway Time-out</h1>')).toMatchObject({ status: 504, idempotencyKey: keys[0] });
    expect(await failWith(503, '{"type":"urn:cytoqueue:problem:unavailable"}')).toMatchObject({
      status: 503,
      idempotencyKey: undefined,
    });
  });
});

test('reads are retried and end in a typed error', async () => {
  answers = [html, html, html];
  const error: unknown = await client.session().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidResponseError);
  expect((error as Error).message).toMatch(/HTML page instead of JSON; check the URL and any proxy/);
});

test('a creation without a key is not retried', async () => {
  answers = [brokenOff, whole];
  await expect(client.retryBatch('batch_1')).rejects.toBeInstanceOf(ConnectionError);
  expect(keys).toHaveLength(1);
});

test('a truncated problem document keeps its status', async () => {
  const cutProblem: Answer = (response) =>
    response
      .writeHead(422, { 'Content-Type': 'application/problem+json', 'Content-Length': 99 })
      .write('{"ti', () => response.destroy());
  answers = [cutProblem];
  const error: unknown = await client.predict({ features: {} }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect((error as ApiError).status).toBe(422);
});

test.each(Object.entries({ 'a page': html, 'an empty answer': empty }))(
  '%s of a proxy is not accepted as a file',
  async (_, answer) => {
    answers = [answer];
    await expect(client.download('batch_1', 'results')).rejects.toBeInstanceOf(InvalidResponseError);
  },
);

test('an aborted call rejects with the reason of its signal while the body arrives', async () => {
  const stop = new AbortController();
  answers = [(response) => response.writeHead(202, JSON_TYPE).write('{"id"', () => stop.abort(new Error('stopped')))];
  await expect(client.predict({ features: {} }, { signal: stop.signal })).rejects.toThrow('stopped');
});

/** The parts of XMLHttpRequest that an upload uses. This package's test environment has no jsdom. */
class ScriptedXhr {
  static answer: { status: number; type: string; text: string };
  status = 0;
  responseText = '';
  upload = { onprogress: null };
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onabort: (() => void) | null = null;
  open = (): void => undefined;
  setRequestHeader = (): void => undefined;
  abort = (): void => this.onabort?.();
  getResponseHeader = (name: string): string | null => (name === 'Content-Type' ? ScriptedXhr.answer.type : null);
  send = (): void => {
    this.status = ScriptedXhr.answer.status;
    this.responseText = ScriptedXhr.answer.text;
    // Like a browser, report an exception of the handler and continue.
    queueMicrotask(() => {
      try {
        this.onload?.();
      } catch {
        /* reported to the console */
      }
    });
  };
}

describe('a browser upload', () => {
  const scope = globalThis as { XMLHttpRequest?: unknown };
  beforeAll(() => {
    scope.XMLHttpRequest = ScriptedXhr;
  });
  afterAll(() => {
    delete scope.XMLHttpRequest;
  });

  test('whose response is an HTML page rejects with a typed error', async () => {
    ScriptedXhr.answer = { status: 200, type: 'text/html', text: '<html>' };
    await expect(client.uploadBatch(new Blob(['V1\n1\n']))).rejects.toBeInstanceOf(InvalidResponseError);
  });

  test('that is refused rejects with the problem', async () => {
    ScriptedXhr.answer = {
      status: 413,
      type: 'application/problem+json',
      text: '{"type":"urn:cytoqueue:problem:too-large","title":"Too large"}',
    };
    await expect(client.uploadBatch(new Blob(['V1\n1\n']))).rejects.toMatchObject({ status: 413, type: 'too-large' });
  });
});
