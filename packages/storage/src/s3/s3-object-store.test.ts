import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { findFreePort } from '../../../../test/src/support/free-port';
import { connectMoto, type MotoServer } from '../../../../test/src/support/moto-server';
import { describeWith } from '../../../../test/src/support/optional-tools';
import { openStore, listAll, type ObjectStore } from '../index';
import { MAX_SOCKETS } from './s3-client';

const MIB = 1024 * 1024;

/** Closes the connection of one matching request after this many bytes of its response. */
interface Fault {
  request: RegExp;
  afterBytes: number;
}

/** A proxy between the store and its server, which breaks connections on demand. */
class FaultyProxy {
  url = '';
  faults: Fault[] = [];
  private readonly server: Server = createServer((client) => this.pass(client));

  constructor(private readonly targetPort: number) {}

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    await once(this.server, 'close');
  }

  private pass(client: Socket): void {
    const server = connect(this.targetPort, '127.0.0.1');
    let leftBytes = Infinity;
    client.on('data', (data) => {
      const fault = this.takeFault(data.toString('latin1', 0, 2000));
      if (fault) leftBytes = fault.afterBytes;
      server.write(data);
    });
    server.on('data', (data) => {
      client.write(data.subarray(0, leftBytes));
      leftBytes -= data.length;
      if (leftBytes <= 0) client.end(() => client.destroy());
    });
    client.on('close', () => server.destroy()).on('error', () => server.destroy());
    // The server closes after a response, whose bytes may still wait for a slow reader: `destroy` would drop them.
    server.on('close', () => client.end()).on('error', () => client.destroy());
  }

  private takeFault(head: string): Fault | undefined {
    const index = this.faults.findIndex(({ request }) => request.test(head));
    return index === -1 ? undefined : this.faults.splice(index, 1)[0];
  }
}

async function* generatorOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* source;
}

describeWith('moto_server', 'the S3 store', () => {
  let moto: MotoServer;
  let client: S3Client;
  let proxy: FaultyProxy;
  let bucket: string;
  let store: ObjectStore;

  function openAt(endpoint: string): ObjectStore {
    process.env.AWS_ENDPOINT_URL = endpoint;
    return openStore(`s3://${bucket}/some/place`);
  }

  beforeAll(async () => {
    moto = await connectMoto();
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    delete process.env.AWS_REGION;
    delete process.env.AWS_DEFAULT_REGION;
    client = new S3Client({ region: 'us-east-1', endpoint: moto.url, forcePathStyle: true });
    proxy = new FaultyProxy(Number(new URL(moto.url).port));
    await proxy.start();
  });

  beforeEach(async () => {
    bucket = `faults-${randomUUID()}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    store = openAt(proxy.url);
    await store.checkWritable(); // makes the SDK read its variables
  });

  afterEach(async () => {
    assert.deepEqual(proxy.faults, [], 'a fault was not triggered');
    await store.stop();
  });

  afterAll(async () => {
    client.destroy();
    await proxy.stop();
  });

  async function unfinishedUploads(): Promise<number> {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    return Uploads.length;
  }

  it('answers while as many downloads as there are connections wait for their readers', async () => {
    // More than sockets and streams hold, so that each keeps its connection.
    await store.put('download', randomBytes(2 * MIB));
    const downloads: Readable[] = [];
    while (downloads.length < MAX_SOCKETS) downloads.push(await store.getStream('download'));
    await store.put('small', Buffer.from('bytes'));
    expect([(await store.head('small'))?.size, (await store.get('small')).toString()]).toEqual([5, 'bytes']);
    for (const download of downloads) download.on('error', () => undefined).destroy();
  });

  describe('a lost response', () => {
    it('to a small write is retried successfully', async () => {
      proxy.faults = [
        { request: /^PUT .*\/once/, afterBytes: 0 },
        { request: /^PUT .*\/plain/, afterBytes: 0 },
      ];
      expect(await store.putOnce('once', Buffer.from('bytes'))).toBe('exists');
      expect(await store.put('plain', Buffer.from('bytes'))).toEqual({ size: 5 });
      expect((await store.get('once')).toString()).toBe('bytes');
    });

    it.each(['put', 'putOnce'] as const)('to the completion of a large %s is retried successfully', async (method) => {
      const bytes = randomBytes(9 * MIB);
      proxy.faults = [{ request: /^POST .*uploadId=/, afterBytes: 0 }];
      await store[method]('large', Readable.from([bytes]));
      expect((await store.get('large')).equals(bytes)).toBe(true);
      expect(await unfinishedUploads()).toBe(0);
    });

    it('to one part is retried', async () => {
      const bytes = randomBytes(9 * MIB);
      proxy.faults = [{ request: /^PUT .*partNumber=1/, afterBytes: 0 }];
      await store.put('large', Readable.from([bytes]));
      expect((await store.get('large')).equals(bytes)).toBe(true);
    });
  });

  it.each(['a stream', 'a generator'])('aborts the upload when a part fails, although %s hangs', async (kind) => {
    const source = new PassThrough({ highWaterMark: 16 * MIB });
    source.write(randomBytes(6 * MIB));
    proxy.faults = Array.from({ length: 3 }, () => ({ request: /^PUT .*partNumber=1/, afterBytes: 0 }));
    await expect(store.put('large', kind === 'a stream' ? source : generatorOf(source))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(source.destroyed).toBe(kind === 'a stream');
    expect([await unfinishedUploads(), await store.head('large')]).toEqual([0, undefined]);
  });

  describe('an interrupted body', () => {
    const bytes = randomBytes(3 * MIB);

    beforeEach(() => store.put('body', bytes));

    it('fails the stream', async () => {
      proxy.faults = [{ request: /^GET .*\/body/, afterBytes: MIB }];
      const stream = await store.getStream('body');
      await expect(stream.toArray()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });

    it('is retried by get and getRange', async () => {
      proxy.faults = [
        { request: /^GET .*\/body/, afterBytes: MIB },
        { request: /^GET .*\/body/, afterBytes: 2 * MIB },
      ];
      expect((await store.get('body')).equals(bytes)).toBe(true);
      proxy.faults = [{ request: /^GET .*\/body/, afterBytes: MIB }];
      expect((await store.getRange('body', { start: 7, end: 3 * MIB - 1 })).equals(bytes.subarray(7, -1))).toBe(true);
    });

    it('is destroyed when its reader stops early', async () => {
      const stream = await store.getStream('body');
      for await (const chunk of stream) {
        expect(chunk).toBeDefined();
        break;
      }
      expect(stream.destroyed).toBe(true);
      expect((await store.get('body')).equals(bytes)).toBe(true);
    });
  });

  it('is unavailable, with the cause, when no server listens', async () => {
    const unreachable = openAt(`http://127.0.0.1:${await findFreePort()}`);
    const unavailable = { code: 'STORE_UNAVAILABLE', cause: { message: expect.stringContaining('ECONNREFUSED') } };
    await expect(unreachable.checkWritable()).rejects.toMatchObject(unavailable);
    await expect(unreachable.get('a')).rejects.toMatchObject(unavailable);
    await expect(unreachable.put('a', Buffer.from('x'))).rejects.toMatchObject(unavailable);
    await expect(unreachable.putOnce('a', Readable.from([Buffer.from('x')]))).rejects.toMatchObject(unavailable);
    await expect(unreachable.list({ prefix: '' })).rejects.toMatchObject(unavailable);
    await unreachable.stop();
  });

  it('is unavailable when the bucket is missing', async () => {
    const missing = openStore(`s3://missing-${randomUUID()}/x`);
    const unavailable = { code: 'STORE_UNAVAILABLE' };
    await expect(missing.checkWritable()).rejects.toMatchObject(unavailable);
    await expect(missing.put('a', Buffer.from('x'))).rejects.toMatchObject(unavailable);
    await expect(missing.get('a')).rejects.toMatchObject(unavailable);
    await expect(missing.list({ prefix: '' })).rejects.toMatchObject(unavailable);
    await missing.stop();
  });

  it('addresses buckets by path on an endpoint with a host name', async () => {
    const named = openAt(moto.url.replace('127.0.0.1', 'localhost'));
    await named.put('a', Buffer.from('x'));
    expect((await store.get('a')).toString()).toBe('x');
    await named.stop();
  });

  it('creates a link that downloads under a file name', async () => {
    await store.put('a', Buffer.from('id,class\n'), { contentType: 'text/csv' });
    const link = await store.presignGet('a', { expiresSeconds: 60, downloadName: 'Ergebnis "März".csv' });
    const response = await fetch(link!);
    expect(await response.text()).toBe('id,class\n');
    expect(response.headers.get('content-type')).toBe('text/csv');
    expect(new URL(link!).searchParams.get('response-content-disposition')) // moto ignores it
      .toBe(`attachment; filename="Ergebnis _M_rz_.csv"; filename*=UTF-8''Ergebnis%20%22M%C3%A4rz%22.csv`);
  });

  it('deletes more than one page of objects', async () => {
    const keys = Array.from({ length: 1001 }, (_, n) => `many/${n}`);
    // Few at a time, so that the server answers each within the time limit of a request.
    for (let start = 0; start < keys.length; start += 10) {
      await Promise.all(keys.slice(start, start + 10).map((key) => store.put(key, new Uint8Array())));
    }
    expect(await store.deletePrefix('many/')).toBe(1001);
    expect((await listAll(store, '').next()).done).toBe(true);
  });
});
