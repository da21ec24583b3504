import { createWorkerConnection, publishChange } from '@cytoqueue/queue';
import { ObjectKeys, type PredictionCompletion } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { advanceIntervals, holdIntervals } from '../../test/manual-intervals';
import { RECORD, RunningApi } from '../../test/running-api';
import { ChangeSignal } from '../concurrency/change-signal';

let redis: RedisProcess;
let worker: ReturnType<typeof createWorkerConnection>;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  worker = createWorkerConnection(redis.url, () => undefined);
  api = await RunningApi.start(redis.url);
});

afterAll(async () => {
  await api?.stop();
  worker?.disconnect();
  await redis?.down();
});

/** Stores a completion and publishes the change, as a worker does. */
async function end(id: string, how: PredictionCompletion): Promise<void> {
  await api.store.putOnce(ObjectKeys.predictionCompletion(api.tenant, id), Buffer.from(JSON.stringify(how)));
  await publishChange(worker, id);
}

const FAILED: PredictionCompletion = { status: 'failed', error: { code: 'scoring-failed', detail: 'no' } };

/** Reads a stream event by event. */
class Events {
  private readonly reader: ReadableStreamDefaultReader<string>;
  private text = '';

  constructor(response: Response) {
    this.reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  }

  /** @returns undefined when the stream has ended */
  async next(): Promise<{ id: string; event: string; data: Record<string, unknown> } | undefined> {
    while (!this.text.includes('\n\n')) {
      const { done, value } = await this.reader.read();
      if (done) return undefined;
      this.text += value;
    }
    const cut = this.text.indexOf('\n\n');
    const fields = Object.fromEntries(
      this.text
        .slice(0, cut)
        .split('\n')
        .map((line) => line.split(/: (.*)/s) as [string, string]),
    );
    this.text = this.text.slice(cut + 2);
    return { id: fields['id'] as string, event: fields['event'] as string, data: JSON.parse(fields['data'] as string) };
  }
}

const follow = async (id: string, options: { headers?: Record<string, string>; signal?: AbortSignal } = {}) => {
  const response = await api.fetch(`/v1/predictions/${id}/events`, options);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  return new Events(response);
};

test('each state is sent as one complete event, and the final one ends the stream', async () => {
  const id = await api.predict(RECORD);
  const events = await follow(id);
  expect(await events.next()).toMatchObject({
    id: 'queued',
    event: 'status',
    data: { id, status: 'queued', features: RECORD },
  });
  await end(id, FAILED);
  expect(await events.next()).toMatchObject({ id: 'failed', data: { id, status: 'failed', error: FAILED.error } });
  expect(await events.next()).toBeUndefined();
});

test('the last event that the client has seen is not sent again', async () => {
  const id = await api.predict(RECORD);
  const events = await follow(id, { headers: { 'last-event-id': 'queued' } });
  await end(id, FAILED);
  expect(await events.next()).toMatchObject({ id: 'failed' });
  const again = await api.fetch(`/v1/predictions/${id}/events`, { headers: { 'last-event-id': 'failed' } });
  expect([again.status, await again.text()]).toEqual([204, '']);
});

test('a lost notification delays an event but loses none', async () => {
  const id = await api.predict(RECORD);
  const events = await follow(id);
  await events.next();
  await api.store.putOnce(ObjectKeys.predictionCompletion(api.tenant, id), Buffer.from(JSON.stringify(FAILED)));
  expect(await events.next()).toMatchObject({ id: 'failed' });
});

test('a disconnected client ends its stream without an error', async () => {
  const id = await api.predict(RECORD);
  const leaving = new AbortController();
  const events = await follow(id, { signal: leaving.signal });
  await events.next();
  const before = api.logged.length;
  leaving.abort();
  const line = await waitUntil('the end of the stream is logged', () =>
    api.logged.slice(before).find(({ route, finished }) => route?.endsWith('/events') && finished === false),
  );
  expect(line).toMatchObject({ level: 30, status: 200 });
});

test('a stream without events sends a comment every 15 seconds until it ends', async () => {
  const id = await api.predict(RECORD);
  holdIntervals();
  try {
    const response = await api.fetch(`/v1/predictions/${id}/events`, { headers: { 'last-event-id': 'queued' } });
    const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    for (let heartbeat = 0; heartbeat < 3; heartbeat++) {
      advanceIntervals(15_000);
      expect(await reader.read()).toEqual({ done: false, value: ': still here\n\n' });
    }
    await end(id, FAILED);
    expect((await reader.read()).value).toMatch(/^id: failed\n/);
    expect((await reader.read()).done).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});

test('HEAD sends the headers without waiting for events', async () => {
  const id = await api.predict(RECORD);
  const before = api.logged.length;
  const response = await api.fetch(`/v1/predictions/${id}/events`, { method: 'HEAD' });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const line = await waitUntil('the response is complete', () =>
    api.logged.slice(before).find(({ method, route }) => method === 'HEAD' && route?.endsWith('/events')),
  );
  expect(line.finished).toBe(true);
});

test('an unknown resource gets 404', async () => {
  expect((await api.fetch('/v1/predictions/pred_01m848f8snd7jxeg6qw100kheb/events')).status).toBe(404);
});

test('a wake-up before a wait ends that wait only', async () => {
  const waker = new ChangeSignal();
  waker.wake();
  waker.wake();
  await waker.wait(1e9);
  const second = waker.wait(1e9).then(() => 'woken');
  waker.wake();
  expect(await second).toBe('woken');
});
