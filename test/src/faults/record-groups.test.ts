import { MinuteCounters, REDIS_PREFIX } from '@cytoqueue/queue';
import { FaultStack } from '../support/fault-stack';
import { waitUntil } from '../support/wait-until';

/** Records that are sent at the same moment share jobs. */
const RECORDS = 24;

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(1_000);
});

afterEach(() => faults.restore());

afterAll(() => faults?.stop());

const waitingJobs = () => faults.inRedis((redis) => redis.lrange(`${REDIS_PREFIX}:predictions:wait`, 0, -1));
const completed = () =>
  faults.inRedis(async (redis) =>
    (await new MinuteCounters(redis).recent(30)).minutes.reduce(
      (sum, { PredictionsCompleted = 0 }) => sum + PredictionsCompleted,
      0,
    ),
  );

async function untilScored(ids: readonly string[]): Promise<void> {
  for (const id of ids)
    await waitUntil(
      'the record is scored',
      async () => (await faults.client.get(`/v1/predictions/${id}`)).json.status === 'succeeded',
    );
}

test('a worker killed while it scores records that share jobs: each has one result and counts once', async () => {
  const before = await completed();
  const results = faults.hold(/\/local\/predictions\/.*\/result\.json/);
  const ids = await faults.whilePaused(async () => {
    const sent = await Promise.all(Array.from({ length: RECORDS }, () => faults.predict()));
    expect((await waitingJobs()).length).toBeLessThan(RECORDS);
    const { queues } = (await faults.client.get('/v1/queue')).json;
    expect(queues).toContainEqual(
      expect.objectContaining({ name: 'predictions', backlog_rows: RECORDS, waiting: RECORDS }),
    );
    const shown = await Promise.all(sent.map(({ json }) => faults.client.get(`/v1/predictions/${json.id}`)));
    const positions = shown.map(({ json }) => json.queue_position as number);
    expect(Math.min(...positions)).toBe(1);
    expect(Math.max(...positions)).toBeLessThanOrEqual(RECORDS);
    return sent.map(({ json }) => json.id as string);
  });
  await results.reached();
  await faults.killWorkers();
  results.open();
  await untilScored(ids);
  await waitUntil('every record is counted', async () => (await completed()) - before >= RECORDS);
  expect((await completed()) - before).toBe(RECORDS);
  expect(await faults.inRedis((redis) => redis.keys(`${REDIS_PREFIX}:grouped:*`))).toEqual([]);
});

test('Redis loses the jobs of several records: each is enqueued again by itself', async () => {
  const ids = await faults.whilePaused(async () => {
    const sent = await Promise.all(Array.from({ length: RECORDS }, () => faults.predict()));
    await faults.inRedis((redis) => redis.flushall());
    for (const { json } of sent) await faults.backdate(json.id as string);
    return sent.map(({ json }) => json.id as string);
  });
  await faults.reconcile();
  await untilScored(ids);
  const listed = (await faults.client.get('/v1/predictions?status=succeeded&limit=100')).json.data as { id: string }[];
  expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
});
