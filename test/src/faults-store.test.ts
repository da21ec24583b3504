import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { FaultStack } from './fault-stack';
import { type MotoServer, motoAvailable, startMoto } from './moto-server';
import { TcpProxy } from './tcp-proxy';
import { waitUntil } from './wait-until';

jest.setTimeout(60_000);

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
const BUCKET = 'faults';
const SLOW_DOWN =
  'HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: 60\r\nConnection: close\r\n\r\n' +
  '<Error><Code>SlowDown</Code><Message>later</Message></Error>';

const describeS3 = motoAvailable() ? describe : describe.skip;

describeS3('S3', () => {
  let moto: MotoServer;
  let s3: TcpProxy;
  let faults: FaultStack;

  beforeAll(async () => {
    moto = await startMoto();
    s3 = await TcpProxy.start(Number(new URL(moto.url).port));
    Object.assign(process.env, CREDENTIALS, { AWS_ENDPOINT_URL: moto.url });
    const client = new S3Client({ forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    client.destroy();
    faults = await FaultStack.start(20_000, { STORAGE_URL: `s3://${BUCKET}/p`, AWS_ENDPOINT_URL: `http://127.0.0.1:${s3.port}` });
  }, 120_000);

  afterEach(() => s3.heal());

  afterAll(async () => {
    s3?.heal();
    await faults?.stop();
    await s3?.stop();
    await moto?.stop();
  }, 120_000);

  test('away for longer than the attempts last: nothing new is taken, no row fails for it', async () => {
    const batch = await faults.upload();
    await faults.untilInTheMiddle(batch, 1);
    s3.cut();
    expect((await faults.predict()).status).toBe(503);
    const delayed = () => faults.inRedis((redis) => redis.zcard('cytoqueue:shards:delayed'));
    await waitUntil('jobs are put off', async () => (await delayed()) > 0);
    await waitUntil('they have come up again and were put off again', async () => {
      const [id] = await faults.inRedis((redis) => redis.zrange('cytoqueue:shards:delayed', '0', '0'));
      if (id === undefined) return false;
      return Number(await faults.inRedis((redis) => redis.hget(`cytoqueue:shards:${id}`, 'ats'))) > 4;
    });
    s3.heal();
    expect((await faults.expectWhole(batch)).failed_shards).toEqual([]);
  });

  test('a fifth of all requests refused: every shard is complete, and once', async () => {
    let requests = 0;
    s3.meddle((request) => (/^(GET|PUT|POST|HEAD|DELETE) /.test(request) && ++requests % 5 === 0 ? { answer: SLOW_DOWN } : 'pass'));
    const batch = await waitUntil('a batch is taken', async () => {
      const { status, json } = await faults.post();
      return status === 202 && (json.id as string);
    });
    expect((await faults.expectWhole(batch)).failed_shards).toEqual([]);
  });

  test('an answer lost behind the write: the shard is known for its own', async () => {
    const { lost } = s3.loseAnswer(/^PUT \S+\/shards\/00004\./);
    const batch = await faults.upload();
    await faults.expectWhole(batch);
    expect(lost()).toBe(1);
  });

  test('slow: all is answered', async () => {
    s3.slow(300);
    const answer = await faults.predict({ prefer: 'wait=20' });
    expect([answer.status, answer.json.status]).toEqual([201, 'succeeded']);
  });
});
