import { ChangeSubscriber, createWorkerConnection, publishChange } from '@cytoqueue/queue';
import { type ManifestDocument, ObjectKeys } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { HEADER, ROW, RunningApi } from '../../test/running-api';
import { type Snapshot, SnapshotFeeds } from './snapshot-feeds';

let redis: RedisProcess;
let worker: ReturnType<typeof createWorkerConnection>;

beforeAll(async () => {
  redis = await RedisProcess.start();
  worker = createWorkerConnection(redis.url, () => undefined);
});

afterAll(async () => {
  worker?.disconnect();
  await redis?.down();
});

describe('the end of a stream', () => {
  let api: RunningApi;

  beforeAll(async () => {
    api = await RunningApi.start(redis.url);
  });

  afterAll(() => api?.stop());

  const manifest = (run: number, status: ManifestDocument['status']): ManifestDocument => ({
    run,
    status,
    counts: { total: 1, pending: 0, succeeded: 0, rejected: 0, failed: 1 },
    summary: { benign: 0, malignant: 0, indeterminate: 0, missing_features: 0 },
    failed_shards: [0],
  });
  const finish = (id: string, run: number) =>
    api.store.putOnce(
      ObjectKeys.runManifest(api.tenant, id, run),
      Buffer.from(JSON.stringify(manifest(run, 'failed'))),
    );

  /**
   * Reconnects after the last event as a browser does, until the status is not 200.
   * @returns the ids and that status
   */
  async function eventSource(id: string, lastEventId?: string): Promise<{ ids: string[]; status: number }> {
    const ids: string[] = [];
    for (let last = lastEventId; ;) {
      const response = await api.fetch(`/v1/batches/${id}/events`, {
        headers: last === undefined ? {} : { 'last-event-id': last },
      });
      if (response.status !== 200) return { ids, status: response.status };
      for (const [, eventId] of (await response.text()).matchAll(/^id: (.*)$/gm)) ids.push((last = eventId as string));
    }
  }

  async function upload(): Promise<string> {
    const response = await api.fetch('/v1/batches', {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: HEADER + ROW,
    });
    return ((await response.json()) as { id: string }).id;
  }

  test('stops an EventSource, which gets 204 when it reconnects', async () => {
    const id = await upload();
    await finish(id, 1);
    const { ids, status } = await eventSource(id);
    expect([ids.length, status]).toEqual([1, 204]);
  });

  test('has another id for a retry that ends like the run before', async () => {
    const id = await upload();
    await finish(id, 1);
    const first = await eventSource(id);
    await finish(id, 2);
    const second = await eventSource(id, first.ids.at(-1));
    expect([second.ids.length, second.status]).toEqual([1, 204]);
    expect(second.ids[0]).not.toBe(first.ids[0]);
  });
});

describe('the streams of one resource', () => {
  let notifications: ChangeSubscriber;
  let feeds: SnapshotFeeds;
  let reads = 0;
  let gate: Promise<void> = Promise.resolve();
  const read = async (): Promise<Snapshot> => {
    const eventId = String(++reads);
    await gate;
    return { eventId, data: {}, final: false };
  };

  beforeAll(async () => {
    notifications = new ChangeSubscriber(createWorkerConnection(redis.url, () => undefined));
    notifications.start();
    await waitUntil(
      'it is subscribed',
      async () => Number((await worker.pubsub('NUMSUB', 'cytoqueue:changes'))[1]) > 0,
    );
  });

  afterAll(() => notifications.stop());

  beforeEach(() => {
    reads = 0;
    gate = Promise.resolve();
    feeds = new SnapshotFeeds(notifications, 1e8);
  });

  const openMany = (id: string) => Array.from({ length: 20 }, () => feeds.open('lab', id, read));

  test('share one read per change and read nothing without a change', async () => {
    const open = openMany('r1');
    await open[0]?.refresh();
    expect(reads).toBe(1);
    const heard = open.map((feed) => new Promise<void>((resolve) => feed.subscribe(resolve)));
    await publishChange(worker, 'r1');
    await Promise.all(heard);
    expect([reads, open.map((feed) => feed.latest().eventId)]).toEqual([2, Array(20).fill('2')]);
    open.forEach((feed) => feed.close());
  });

  test('get a state that was read after they opened, even during another read', async () => {
    let release: () => void = () => undefined;
    gate = new Promise((resolve) => (release = resolve));
    const open = openMany('r2');
    const first = open[0]?.refresh();
    const later = open.slice(1).map((feed) => feed.refresh());
    release();
    expect((await first)?.eventId).toBe('1');
    expect(new Set((await Promise.all(later)).map(({ eventId }) => eventId))).toEqual(new Set(['2']));
    open.forEach((feed) => feed.close());
  });

  test('are polled, because a notification may be lost', async () => {
    feeds = new SnapshotFeeds(notifications, 10);
    const feed = feeds.open('lab', 'r3', read);
    await new Promise<void>((resolve) => feed.subscribe(resolve));
    feed.close();
    const before = reads;
    await publishChange(worker, 'r3');
    await publishChange(worker, 'other');
    expect(reads).toBe(before);
  });

  test('are not shared between tenants', async () => {
    const [mine, theirs] = [feeds.open('lab', 'r4', read), feeds.open('other', 'r4', read)];
    await Promise.all([mine.refresh(), theirs.refresh()]);
    expect(mine.latest().eventId).not.toBe(theirs.latest().eventId);
    mine.close();
    theirs.close();
  });
});
