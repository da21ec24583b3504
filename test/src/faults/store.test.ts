import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { REDIS_PREFIX, queueNames } from '@cytoqueue/queue';
import { ObjectKeys, encodeShardObject } from '@cytoqueue/records';
import { createRandom } from '../soak/random';
import { finish, upload } from '../support/batches';
import { killApiInOutage } from '../support/api-killed-in-outage';
import { FaultStack, SHARD_ROWS } from '../support/fault-stack';
import { keysBelow } from '../support/invariant';
import { connectMoto } from '../support/moto-server';
import { describeWith } from '../support/optional-tools';
import { isRunning } from '../support/stack-process';
import { TcpProxy, type Verdict } from '../support/tcp-proxy';
import { waitUntil } from '../support/wait-until';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
const BUCKET = `faults-${randomUUID()}`;
const SHARDS = `${REDIS_PREFIX}:${queueNames.shards}`;
/** Key of a shard object that another worker writes first. */
const OTHER_SHARD = new RegExp(`^PUT /${BUCKET}/p/(\\S+/shards/00004\\.[^?\\s]+)`);
const REQUEST = /^(GET|PUT|POST|HEAD|DELETE) /;

function refusal(status: string, code: string): { answer: string } {
  const body = `<Error><Code>${code}</Code><Message>later</Message></Error>`;
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/xml\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  return { answer: head + body };
}
const SLOW_DOWN = refusal('503 Slow Down', 'SlowDown');
const INTERNAL_ERROR = refusal('500 Internal Server Error', 'InternalError');

describeWith('moto_server', 'S3', () => {
  let s3: TcpProxy;
  let faults: FaultStack;

  beforeAll(async () => {
    const moto = await connectMoto();
    s3 = await TcpProxy.start(Number(new URL(moto.url).port));
    Object.assign(process.env, CREDENTIALS, { AWS_ENDPOINT_URL: moto.url });
    const client = new S3Client({ forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    client.destroy();
    faults = await FaultStack.start(5_000, {
      ...CREDENTIALS,
      STORAGE_URL: `s3://${BUCKET}/p`,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${s3.port}`,
    });
  });

  afterEach(async () => {
    s3.restore();
    await faults.restore();
  });

  afterAll(async () => {
    s3?.restore();
    await faults?.stop();
    await s3?.stop();
  });

  test('unreachable for longer than all attempts: new work gets 503 and no row fails', async () => {
    let held = 0;
    // Every shard but the first is being written when the store becomes unreachable.
    s3.intercept((request) =>
      /^PUT \S+\/shards\/0000[1-4]\./.test(request) && ++held > 0 ? new Promise<never>(() => undefined) : 'pass',
    );
    const batch = await faults.upload();
    await waitUntil('shards are on their way', () => held > 0);
    await faults.untilScored(batch, 1);
    expect(await faults.shardObjects(batch)).toHaveLength(1);
    s3.cut();
    expect((await faults.predict()).status).toBe(503);
    await waitUntil('the jobs were postponed more often than they have attempts', async () => {
      await faults.passDelays();
      const ids = await faults.delayedShards();
      const starts = await faults.inRedis((redis) =>
        Promise.all(ids.map((id) => redis.hget(`${SHARDS}:${id}`, 'ats'))),
      );
      return starts.some((count) => Number(count) > 4);
    });
    s3.restore();
    expect((await faults.expectComplete(batch)).failed_shards).toEqual([]);
  });

  test('a killed API is up again while the store is unreachable, and goes on afterwards', async () => {
    const outage = { fail: () => s3.cut(), end: () => s3.restore() };
    expect(await killApiInOutage(faults, outage)).toEqual([200, 503]);
  });

  test('a fifth of all requests rejected at random: no shard counts as complete without its object', async () => {
    const random = createRandom(1);
    let refusedWrites = 0;
    s3.intercept((request) => {
      // More often than the SDK retries one write.
      if (/^PUT \S+\/shards\/00002\./.test(request) && ++refusedWrites <= 3) return SLOW_DOWN;
      if (!REQUEST.test(request) || random() > 0.2) return 'pass';
      return random() < 0.5 ? SLOW_DOWN : INTERNAL_ERROR;
    });
    const batch = await waitUntil('a batch is taken', async () => {
      const { status, json } = await faults.post();
      return status === 202 && (json.id as string);
    });
    await waitUntil('its run has ended', async () => {
      await faults.passDelays();
      await expectObjectsOfCompletedShards(batch);
      return (await faults.store.head(ObjectKeys.runManifest('local', batch, 1))) !== undefined;
    });
    s3.restore();
    expect((await faults.expectComplete(batch)).failed_shards).toEqual([]);
    expect(refusedWrites).toBeGreaterThan(3);
  });

  /** Asserts that every shard whose job is completed has its object. */
  async function expectObjectsOfCompletedShards(batch: string): Promise<void> {
    const ids = await faults.inRedis((redis) => redis.zrange(`${SHARDS}:completed`, '0', '-1'));
    const shards = ids.filter((id) => id.startsWith(`${batch}.`)).map((id) => Number(id.split('.').at(-1)));
    const scored = (await faults.shardObjects(batch)).map((key) => ObjectKeys.parseShardKey(key)?.shard);
    expect(scored).toEqual(expect.arrayContaining(shards));
  }

  test('a response lost after the write: the worker recognises the shard as its own', async () => {
    const { lost } = s3.loseResponse(/^PUT \S+\/shards\/00004\./);
    const batch = await faults.upload();
    expect((await faults.expectComplete(batch)).failed_shards).toEqual([]);
    expect(lost()).toBe(1);
  });

  test('other bytes under a shard’s key are kept and raise an alarm', async () => {
    // It has the shard's number of rows; with another number it would be moved away as damaged.
    const counts = {
      succeeded: SHARD_ROWS,
      rejected: 0,
      benign: SHARD_ROWS,
      malignant: 0,
      indeterminate: 0,
      missing_features: 0,
      confident_benign: SHARD_ROWS,
      confident_malignant: 0,
      changed: 0,
    };
    const nothing = new Uint8Array();
    const other = encodeShardObject({
      counts,
      histogram: [],
      results: Buffer.from('other'),
      errors: nothing,
      changes: nothing,
    });
    let place = '';
    s3.intercept(async (request): Promise<Verdict> => {
      const key = OTHER_SHARD.exec(request)?.[1];
      if (key !== undefined && place === '') await faults.store.put((place = decodeURIComponent(key)), other);
      return 'pass';
    });
    const batch = await faults.upload();
    await finish(faults.client, batch);
    expect(place).toContain(batch);
    expect((await faults.store.get(place)).equals(other)).toBe(true);
    const alarms = await waitUntil('the alarm is in the log', () => {
      const lines = faults
        .logLines('worker-1')
        .filter(({ batch_id: id, alarm }) => id === batch && alarm !== undefined);
      return lines.length > 0 && lines;
    });
    expect(alarms).toMatchObject([{ alarm: 'object-mismatch', level: 50, shard: 4 }]);
  });

  test('a delay of one second per call: all work finishes', async () => {
    s3.slow(1_000);
    const small = 'id,V1,V2,V3,V4,V5,V6,V7,V8,V9\n1,5,1,1,1,2,1,3,1,1\n';
    const [record, batch] = await Promise.all([
      faults.score(),
      upload(faults.client, small).then((id) => finish(faults.client, id)),
    ]);
    expect([record.status, batch.status]).toEqual(['succeeded', 'succeeded']);
  });

  test.each([
    ['an upload', 'input.csv', ''],
    ['the conversion of an upload', 'canonical.csv', `${','.repeat(10)}\n`],
  ])(
    'the API killed between two parts of %s: nothing is listed, and repeating the key creates one batch',
    async (_, name, blankRow) => {
      const note = 'x'.repeat(2_000);
      const wide = `id,V1,V2,V3,V4,V5,V6,V7,V8,V9,note\n${blankRow}${`1,5,1,1,1,2,1,3,1,1,${note}\n`.repeat(10_000)}`;
      const send = () =>
        faults.client.post('/v1/batches', {
          headers: { 'content-type': 'text/csv', 'idempotency-key': `in-parts-${name}` },
          body: wide,
        });
      const ids = async () =>
        ((await faults.client.get('/v1/batches')).json.data as { id: string }[]).map(({ id }) => id);
      const described = async () =>
        (await keysBelow(faults.store, 'tenants/')).filter((key) => /(canonical\.csv|batch\.json)$/.test(key));
      const pending = () => keysBelow(faults.store, 'pending/');
      // The marker of an earlier test's batch is removed after the batch is shown as finished.
      await waitUntil('nothing is pending', async () => (await pending()).length === 0);
      const before = await ids();
      const describedBefore = await described();
      let parts = 0;
      s3.intercept((request) =>
        new RegExp(`^PUT \\S+/${name}\\?\\S*partNumber=2`).test(request) && ++parts === 1
          ? new Promise<never>(() => undefined)
          : 'pass',
      );
      const cutShort = send().catch(() => undefined);
      await waitUntil('the second part is on its way', () => parts > 0);
      const { api } = faults.ready.pids;
      process.kill(api, 'SIGKILL');
      expect(await cutShort).toBeUndefined();
      s3.restore();
      await waitUntil(
        'another API answers',
        async () =>
          !isRunning(api) && (await faults.client.get('/health/ready').catch(() => undefined))?.status === 200,
      );
      expect(await ids()).toEqual(before);
      expect(await pending()).toEqual([]);
      expect(await described()).toEqual(describedBefore);
      const answers = await Promise.all([send(), send()]);
      expect(answers.map(({ status }) => status)).toEqual([202, 202]);
      const accepted = new Set(answers.map(({ json }) => json.id as string));
      expect(accepted.size).toBe(1);
      expect((await finish(faults.client, [...accepted][0] as string)).counts).toMatchObject({
        total: 10_000,
        succeeded: 10_000,
      });
      expect(await ids()).toEqual([...accepted, ...before]);
    },
  );
});
