import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { finish } from '../support/batches';
import { FaultStack } from '../support/fault-stack';
import { connectMoto } from '../support/moto-server';
import { describeWith } from '../support/optional-tools';
import { TcpProxy } from '../support/tcp-proxy';
import { waitUntil } from '../support/wait-until';

/** Checks `GET /v1/queue` and the metrics while all work is delayed, and while no worker finishes any. */

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
const ROWS = 4_000;
const RECORDS = 6;

const BUCKET = `backlog-${randomUUID()}`;

describeWith('moto_server', 'the backlog', () => {
  let s3: TcpProxy;
  let faults: FaultStack;

  beforeAll(async () => {
    const moto = await connectMoto();
    s3 = await TcpProxy.start(Number(new URL(moto.url).port));
    Object.assign(process.env, CREDENTIALS, { AWS_ENDPOINT_URL: moto.url });
    const client = new S3Client({ forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    client.destroy();
    faults = await FaultStack.start(ROWS, {
      ...CREDENTIALS,
      CANARY_SECONDS: '0',
      STORAGE_URL: `s3://${BUCKET}/p`,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${s3.port}`,
    });
  });

  afterEach(() => s3.restore());

  afterAll(async () => {
    await faults?.stop();
    await s3?.stop();
  });

  const queue = async () => (await faults.client.get('/v1/queue')).json;
  const setPaused = async (name: string, action: 'pause' | 'resume') => {
    const path = `/admin/queues/api/queues/${name}/${action}`;
    const { status } = await fetch(`${faults.stack.url}${path}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${faults.stack.apiKey}` },
    });
    expect(status).toBe(200);
  };

  async function gauges(): Promise<Map<string, number>> {
    const { text } = await faults.client.get('/metrics');
    return new Map(
      text
        .split('\n')
        .filter((line) => line.startsWith('cytoqueue_'))
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
    );
  }

  const delayedJobs = async () => {
    const [shards, records] = await faults.inRedis((redis) =>
      Promise.all([redis.zcard('cytoqueue:shards:delayed'), redis.zcard('cytoqueue:predictions:delayed')]),
    );
    return shards + records;
  };

  test('keeps every row, record and second of age while the store is unavailable and every job is delayed', async () => {
    for (const name of ['shards', 'predictions']) await setPaused(name, 'pause');
    const batch = await faults.upload();
    for (let i = 0; i < RECORDS; i++) expect((await faults.predict()).status).toBe(202);
    const before = await waitUntil('all of it waits', async () => {
      const found = await queue();
      return found.backlog_rows === ROWS + RECORDS && found;
    });
    s3.cut();
    for (const name of ['shards', 'predictions']) await setPaused(name, 'resume');
    let age = before.oldest_job_age_seconds as number;
    let mostDelayed = 0;
    await waitUntil('jobs were delayed more than once', async () => {
      const found = await queue();
      expect(found.backlog_rows).toBe(ROWS + RECORDS);
      expect(found.oldest_job_age_seconds).toBeGreaterThanOrEqual(age);
      age = found.oldest_job_age_seconds as number;
      mostDelayed = Math.max(mostDelayed, await delayedJobs());
      const [id] = await faults.inRedis((redis) => redis.zrange('cytoqueue:shards:delayed', '0', '0'));
      const starts =
        id === undefined ? 0 : Number(await faults.inRedis((redis) => redis.hget(`cytoqueue:shards:${id}`, 'ats')));
      await faults.passDelays();
      return starts > 3;
    });
    expect(mostDelayed).toBeGreaterThan(0);
    const exported = await gauges();
    expect(exported.get('cytoqueue_backlog_rows{queue="shards"}')).toBe(ROWS);
    expect(exported.get('cytoqueue_backlog_rows{queue="predictions"}')).toBe(RECORDS);
    expect(exported.get('cytoqueue_oldest_job_age_seconds{queue="shards"}')).toBeGreaterThanOrEqual(age);
    s3.restore();
    expect((await finish(faults.client, batch)).counts).toMatchObject({ pending: 0, failed: 0 });
    await waitUntil('nothing is left', async () => (await queue()).backlog_jobs === 0);
  });

  test('that no worker touches is called stalled: no throughput, and no time to drain', async () => {
    await setPaused('shards', 'pause');
    const batch = await faults.upload();
    await waitUntil('it waits', async () => (await queue()).backlog_rows === ROWS);
    faults.signalWorkers('SIGSTOP');
    await setPaused('shards', 'resume');
    const stalled = await waitUntil('it is stalled', async () => {
      const found = await queue();
      return found.stalled === true && found;
    });
    expect(stalled).toMatchObject({ backlog_rows: ROWS, rows_per_second: 0, drain_seconds: null });
    faults.signalWorkers('SIGCONT');
    expect((await finish(faults.client, batch)).counts).toMatchObject({ pending: 0, failed: 0 });
    await waitUntil('it is not stalled any more', async () => (await queue()).stalled === false);
  });
});
