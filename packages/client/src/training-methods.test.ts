import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { ApiError, CytoqueueClient, type Training } from './index';

type Answer = (response: ServerResponse) => void;

let server: Server;
let client: CytoqueueClient;
let answers: Answer[];
let seen: { method?: string; url?: string; headers: IncomingMessage['headers']; body: Buffer }[];

beforeAll(async () => {
  server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const { method, url, headers } = request;
      seen.push({ method, url, headers, body });
      (answers.shift() as Answer)(response);
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
  seen = [];
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const json =
  (status: number, body: unknown): Answer =>
  (response) =>
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));

const state = (status: Training['status'], progress: number) => ({ id: 'training_1', status, progress });

test('a file in pieces is sent behind its settings, again for each attempt with the same key', async () => {
  let reads = 0;
  const file = {
    stream: async function* () {
      reads++;
      yield Buffer.from('Klasse;a\n');
      yield Buffer.from('gut;1\n');
    },
  };
  answers = [json(503, {}), json(202, state('queued', 0))];
  const settings = { name: 'mylab', schema: '{"title":"Größe"}', label: 'Klasse "neu"', group: 'Fall', seed: 7 };
  expect(await client.createTraining(file, { ...settings, filename: 'Fälle.csv' })).toEqual(state('queued', 0));
  expect(reads).toBe(2);
  const [first, second] = seen;
  expect(second.headers['idempotency-key']).toBe(first.headers['idempotency-key']);
  const type = second.headers['content-type'] as string;
  const form = await new Response(second.body, { headers: { 'Content-Type': type } }).formData();
  expect([...form.keys()]).toEqual(['name', 'schema', 'label', 'group', 'seed', 'file']);
  expect(Object.fromEntries(form)).toMatchObject({ ...settings, seed: '7' });
  expect(await (form.get('file') as File).text()).toBe('Klasse;a\ngut;1\n');
});

test('a refusal is reported with the errors of the file and is not repeated', async () => {
  const errors = [{ row: 3, column: 'Klasse', code: 'invalid-label', detail: 'is no class' }];
  answers = [json(422, { type: 'urn:cytoqueue:problem:invalid-training-file', errors })];
  const refused = client.createTraining(new Blob(['a\n']), { name: 'mylab', schema: 'wbc', label: 'Klasse' });
  await expect(refused).rejects.toBeInstanceOf(ApiError);
  await expect(refused).rejects.toMatchObject({ status: 422, type: 'invalid-training-file', errors });
  expect(seen).toHaveLength(1);
});

test('a training is followed until its final state', async () => {
  const event = (id: number, data: unknown) => `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
  const stream =
    (text: string): Answer =>
    (response) =>
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(text);
  answers = [
    stream(event(1, state('queued', 0)) + event(2, state('processing', 0.4))),
    stream(event(3, state('succeeded', 1))),
  ];
  const progress: number[] = [];
  const done = await client.waitForTraining('training_1', {
    onProgress: (training) => progress.push(training.progress),
  });
  expect(done.status).toBe('succeeded');
  expect(progress).toEqual([0, 0.4, 1]);
  expect(seen.map(({ url, headers }) => [url, headers['last-event-id']])).toEqual([
    ['/v1/trainings/training_1/events', undefined],
    ['/v1/trainings/training_1/events', '2'],
  ]);
});

test('trainings are listed, shown, canceled and deleted by their paths', async () => {
  answers = [
    json(200, { data: [], has_more: false, last_id: null }),
    json(200, state('queued', 0)),
    json(202, state('canceled', 1)),
    (response) => response.writeHead(204).end(),
  ];
  await client.listTrainings({ limit: 5, after: 'training_9' });
  await client.getTraining('training/1');
  expect(await client.cancelTraining('training_1')).toMatchObject({ status: 'canceled' });
  await client.deleteTraining('training_1');
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /v1/trainings?limit=5&after=training_9',
    'GET /v1/trainings/training%2F1',
    'POST /v1/trainings/training_1/cancel',
    'DELETE /v1/trainings/training_1',
  ]);
});

test('the card and evaluation of an own version have the path of its model', async () => {
  answers = [(response) => response.end('# mylab'), json(200, {})];
  expect(await client.getModelCard('own/mylab', '1')).toBe('# mylab');
  await client.getModelEvaluation('own/mylab', '1');
  expect(seen.map(({ url }) => url)).toEqual([
    '/v1/models/own/mylab/versions/1/card',
    '/v1/models/own/mylab/versions/1/evaluation',
  ]);
});
