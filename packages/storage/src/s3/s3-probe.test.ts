import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { LimitedS3, type Limit } from '../../../../test/src/support/limited-s3';
import { connectMoto } from '../../../../test/src/support/moto-server';
import { describeWith } from '../../../../test/src/support/optional-tools';
import { openStore, type ObjectStore, StoreUnavailableError } from '../index';
import { keysOf } from '../contract/object-store.test.fixtures';

describeWith('moto_server', 'the probe of an S3 store', () => {
  const bucket = `probe-${randomUUID()}`;
  let limited: LimitedS3;
  let store: ObjectStore;

  beforeAll(async () => {
    limited = await LimitedS3.start((await connectMoto()).url);
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: limited.url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_MAX_ATTEMPTS: '1',
    });
    const client = new S3Client({ region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
  });

  beforeEach(() => {
    limited.limit = 'none';
    store = openStore(`s3://${bucket}/p`);
  });

  afterEach(() => store.stop());
  afterAll(() => limited.stop());

  const probe = async () => (await store.probe()).map(({ kind, reason }) => `${kind}: ${reason}`);

  test.each<[Limit, string[]]>([
    ['none', []],
    ['unconditional', ['unsuitable: no-conditional-writes']],
    ['unconditional parts', ['unsuitable: no-conditional-writes']],
    ['no checksums', ['unsuitable: no-checksums']],
    ['read only', ['unavailable: access-denied']],
    ['skewed clock', ['unavailable: clock-skew']],
  ])('of a server with the limit "%s" finds %j and leaves no object', async (limit, found) => {
    limited.limit = limit;
    expect(await probe()).toEqual(found);
    limited.limit = 'none';
    expect(await keysOf(store)).toEqual([]);
  });

  test('expired credentials are StoreUnavailableError (retryable) for reads, writes and the probe', async () => {
    limited.limit = 'expired credentials';
    for (const call of [
      store.get('a'),
      store.put('a', Buffer.from('x')),
      store.putOnce('b', Buffer.from('x')),
      store.head('a'),
    ]) {
      await expect(call).rejects.toThrow(StoreUnavailableError);
    }
    expect((await store.probe()).map(({ kind }) => kind)).toEqual(['unavailable']);
  });

  test('the remedy for a server without checksums names the SDK variable, and with it the probe succeeds', async () => {
    limited.limit = 'no checksums';
    expect((await store.probe())[0]?.remedy).toContain('AWS_REQUEST_CHECKSUM_CALCULATION=when_required');
    process.env.AWS_REQUEST_CHECKSUM_CALCULATION = 'when_required';
    const configured = openStore(`s3://${bucket}/p`);
    try {
      expect(await configured.probe()).toEqual([]);
    } finally {
      delete process.env.AWS_REQUEST_CHECKSUM_CALCULATION;
      await configured.stop();
    }
  });

  test('distinguishes a missing bucket from an unreachable server', async () => {
    const missing = openStore(`s3://${bucket}-missing/p`);
    expect((await missing.probe()).map(({ reason }) => reason)).toEqual(['no-bucket']);
    await missing.stop();
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:9';
    const unreachable = openStore(`s3://${bucket}/p`);
    expect((await unreachable.probe()).map(({ reason }) => reason)).toEqual(['unreachable']);
    process.env.AWS_ENDPOINT_URL = limited.url;
    await unreachable.stop();
  });
});
