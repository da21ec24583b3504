import { randomUUID } from 'node:crypto';
import { catalogue, metricNames } from '@cytoqueue/metrics';
import { CANARY_TENANT, queueNames } from '@cytoqueue/queue';
import { ObjectKeys } from '@cytoqueue/storage';
import { finish } from '../support/batches';
import { CloudWatchFigures, awsEnvironment } from '../support/cloudwatch-figures';
import { FaultStack } from '../support/fault-stack';
import { keysBelow } from '../support/invariant';
import { connectMoto } from '../support/moto-server';
import { describeWith } from '../support/optional-tools';
import { waitUntil } from '../support/wait-until';

/** What is published, read back as it would be from CloudWatch, against what was done: also when workers are killed doing it. */

const NAMESPACE = `Cytoqueue-${randomUUID()}`;
const ROWS = 3_000;
const RECORDS = 25;
const MINUTES = 60_000;

let faults: FaultStack;
let figures: CloudWatchFigures;

describeWith('moto_server', 'the figures', () => {
  beforeAll(async () => {
    const moto = await connectMoto();
    figures = new CloudWatchFigures(moto.url, NAMESPACE);
    // Evidence makes shards slow enough to be killed in the middle.
    const own = { query: '?explain=true', CLOUDWATCH_NAMESPACE: NAMESPACE, ENVIRONMENT: 'test', CANARY_SECONDS: '2', WORKERS: '2' };
    faults = await FaultStack.start(ROWS, { ...awsEnvironment(moto.url), ...own });
  }, 2 * MINUTES);

  afterAll(async () => {
    await faults?.stop();
    figures?.stop();
  }, 2 * MINUTES);

  const done = { RowsPredicted: 0, RowsRejected: 0, PredictionsCompleted: RECORDS };

  test('are sent within seconds of the start, zeros too', async () => {
    await waitUntil('the state is there', async () => (await figures.values('BacklogRows', 'Maximum')).length > 0);
    expect(await figures.values('HasBacklogWithoutWorkers', 'Minimum')).toContain(0);
  });

  test('stay true while workers are killed, records wait and a batch is canceled', async () => {
    const first = await faults.upload();
    await faults.untilInTheMiddle(first, 1);
    await faults.killWorkers();
    const canceled = await faults.upload();
    const records = Promise.all(Array.from({ length: RECORDS }, () => faults.predict({ prefer: 'wait=60' })));
    await waitUntil('records are in hand', async () => (await faults.inHand(queueNames.predictions)).length > 0);
    await faults.killWorkers();
    await faults.untilInTheMiddle(canceled, 1);
    await faults.client.post(`/v1/batches/${canceled}/cancel`);
    expect((await records).map(({ status }) => status)).toEqual(Array.from({ length: RECORDS }, () => 201));
    const { json: list } = await faults.client.get('/v1/batches');
    for (const { id } of list.data as { id: string }[]) {
      const { counts } = await finish(faults.client, id);
      done.RowsPredicted += counts.succeeded;
      done.RowsRejected += counts.rejected;
    }
    expect(done.RowsPredicted).toBeGreaterThan(2 * (ROWS - 10));
  }, 3 * MINUTES);

  test('show the canary, which leaves nothing behind', async () => {
    await waitUntil('the canary has answered', async () => /cytoqueue_canary_latency_seconds_count [1-9]/.test(await (await fetch(`${faults.stack.url}/metrics`)).text()));
    await waitUntil('nothing of it is left', async () => (await keysBelow(faults.store, ObjectKeys.predictionsPrefix(CANARY_TENANT))).length === 0);
    expect((await faults.client.get('/v1/predictions?limit=100')).json.data).toHaveLength(RECORDS);
  });

  test('add up to what was done, once all is stopped', async () => {
    expect(await faults.stack.stop()).toBe(0);
    expect({
      RowsPredicted: await figures.sum('RowsPredicted'),
      RowsRejected: await figures.sum('RowsRejected'),
      PredictionsCompleted: await figures.sum('PredictionsCompleted'),
    }).toEqual(done);
    expect(await figures.samples('PredictionLatency')).toBe(RECORDS);
    expect(await figures.samples('PredictionQueueWait')).toBe(RECORDS);
    expect(await figures.sum('UploadBytes')).toBe(3 * faults.fileBytes);
    expect(await figures.sum('ShardsFailed')).toBe(0);
    expect(await figures.sum('JobsRetried')).toBeGreaterThan(0);
    expect(await figures.samples('CanaryLatency')).toBeGreaterThan(0);
    expect(Math.max(...(await figures.values('WorkersAlive', 'Maximum')))).toBeGreaterThanOrEqual(2);
  }, 2 * MINUTES);

  test('are each in one set of dimensions, which the catalogue knows', async () => {
    const published = (await figures.list()).map(({ MetricName, Dimensions = [] }) => [MetricName, ...Dimensions.map(({ Name, Value }) => `${Name}=${Value}`)].join(' '));
    const known = metricNames.flatMap((name) => catalogue[name].queues.map((queue) => `${name} Service=cytoqueue Environment=test Queue=${queue}`));
    expect(published.toSorted()).toEqual(known.toSorted());
  });
});
