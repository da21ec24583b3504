import { randomUUID } from 'node:crypto';
import { catalogue, metricNames } from '@cytoqueue/metrics';
import { CANARY_TENANT } from '@cytoqueue/queue';
import { ObjectKeys } from '@cytoqueue/records';
import { finish } from '../support/batches';
import { CloudWatchFigures, awsEnvironment } from '../support/cloudwatch-figures';
import { FaultStack } from '../support/fault-stack';
import { keysBelow } from '../support/invariant';
import { connectMoto } from '../support/moto-server';
import { describeWith } from '../support/optional-tools';
import { waitUntil } from '../support/wait-until';

/** Compares the published figures, read back as from CloudWatch, with what was done while workers were killed. */

const NAMESPACE = `Cytoqueue-${randomUUID()}`;
const ROWS = 3_000;
const RECORDS = 25;

interface Published {
  /** Totals of the work done, from the API's responses. */
  done: Record<'RowsPredicted' | 'RowsRejected' | 'PredictionsCompleted', number>;
  uploadedBytes: number;
  listedPredictions: number;
}

let faults: FaultStack;
let figures: CloudWatchFigures;
let published: Published;

describeWith('moto_server', 'the figures', () => {
  beforeAll(async () => {
    const moto = await connectMoto();
    figures = new CloudWatchFigures(moto.url, NAMESPACE);
    const own = { CLOUDWATCH_NAMESPACE: NAMESPACE, ENVIRONMENT: 'test', CANARY_SECONDS: '2', WORKERS: '2' };
    faults = await FaultStack.start(ROWS, { ...awsEnvironment(moto.url), ...own });
    published = await workAndStop();
  });

  afterAll(async () => {
    await faults?.stop();
    figures?.stop();
  });

  /** Kills workers with an active shard and active records, cancels a batch, and stops the stack. */
  async function workAndStop(): Promise<Published> {
    await waitUntil(
      'the first figures are there',
      async () => (await figures.values('BacklogRows', 'Maximum')).length > 0,
    );
    const { hold: shards } = await faults.uploadAndHold();
    await faults.killWorkers();
    const results = faults.hold(/\/local\/predictions\/.*\/result\.json/);
    const records = Promise.all(
      Array.from({ length: RECORDS }, async () => (await faults.predict()).json.id as string),
    );
    await results.reached();
    await faults.killWorkers();
    results.open();
    const canceled = await faults.upload();
    await faults.client.post(`/v1/batches/${canceled}/cancel`);
    shards.open();
    for (const id of await records)
      await waitUntil(
        'the record is answered',
        async () => (await faults.client.get(`/v1/predictions/${id}`)).json.status === 'succeeded',
      );
    const done = { RowsPredicted: 0, RowsRejected: 0, PredictionsCompleted: RECORDS };
    const { json: list } = await faults.client.get('/v1/batches');
    for (const { id } of list.data as { id: string }[]) {
      const { counts } = await finish(faults.client, id);
      done.RowsPredicted += counts.succeeded;
      done.RowsRejected += counts.rejected;
    }
    await waitUntil('the canary has answered', async () =>
      /cytoqueue_canary_latency_seconds_count [1-9]/.test(await (await fetch(`${faults.stack.url}/metrics`)).text()),
    );
    await waitUntil(
      'the canary has removed its records',
      async () => (await keysBelow(faults.store, ObjectKeys.predictionsFolder(CANARY_TENANT))).length === 0,
    );
    const listedPredictions = (await faults.client.get('/v1/predictions?limit=100')).json.data.length as number;
    expect(await faults.stack.stop()).toBe(0);
    return { done, uploadedBytes: list.data.length * faults.fileBytes, listedPredictions };
  }

  test('are sent within seconds of the start, zeros included', async () => {
    expect(await figures.values('HasBacklogWithoutWorkers', 'Minimum')).toContain(0);
  });

  test('equal the work done, although workers were killed and a batch was canceled', async () => {
    const sums = {
      RowsPredicted: await figures.sum('RowsPredicted'),
      RowsRejected: await figures.sum('RowsRejected'),
      PredictionsCompleted: await figures.sum('PredictionsCompleted'),
    };
    expect(sums).toEqual(published.done);
    expect(sums.RowsPredicted).toBeGreaterThan(ROWS);
    expect(await figures.samples('PredictionLatency')).toBe(RECORDS);
    expect(await figures.samples('PredictionQueueWait')).toBe(RECORDS);
    expect(await figures.sum('UploadBytes')).toBe(published.uploadedBytes);
    expect(await figures.sum('ShardsFailed')).toBe(0);
    expect(await figures.sum('JobsRetried')).toBeGreaterThan(0);
    expect(Math.max(...(await figures.values('WorkersAlive', 'Maximum')))).toBeGreaterThanOrEqual(2);
  });

  test('include the canary, which appears in no list', async () => {
    expect(await figures.samples('CanaryLatency')).toBeGreaterThan(0);
    expect(published.listedPredictions).toBe(RECORDS);
  });

  test('have one set of dimensions each, as in the catalogue', async () => {
    const found = (await figures.list()).map(({ MetricName, Dimensions = [] }) =>
      [MetricName, ...Dimensions.map(({ Name, Value }) => `${Name}=${Value}`)].join(' '),
    );
    const known = metricNames.flatMap((name) =>
      catalogue[name].queues.map((queue) => `${name} Service=cytoqueue Environment=test Queue=${queue}`),
    );
    expect(found.toSorted()).toEqual(known.toSorted());
  });
});
