import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { motoAvailable, type MotoServer, startMoto } from '../../../test/src/moto-server';
import { createObjectStore, listAll, type ObjectStore } from './index';

const MIB = 1024 * 1024;

/** Where stores to be tested come from. */
interface Fixture {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** A new, empty store. */
  open(): Promise<ObjectStore>;
  /** What unfinished writes have left in the store opened last. */
  leftovers(): Promise<string[]>;
}

class FileFixture implements Fixture {
  private root = '';
  private directory = '';

  async start() {
    this.root = await mkdtemp(join(tmpdir(), 'cytoqueue-storage-'));
  }

  stop() {
    return rm(this.root, { recursive: true });
  }

  async open() {
    this.directory = join(this.root, randomUUID(), 'objects');
    return createObjectStore(pathToFileURL(this.directory).href);
  }

  async leftovers() {
    const entries = await readdir(this.directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && entry.parentPath.includes('/.')).map(({ name }) => name);
  }
}

class S3Fixture implements Fixture {
  private moto!: MotoServer;
  private client!: S3Client;
  private bucket = '';

  async start() {
    this.moto = await startMoto();
    process.env.AWS_ENDPOINT_URL = this.moto.url;
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    this.client = new S3Client({ region: 'us-east-1', forcePathStyle: true });
  }

  stop() {
    this.client.destroy();
    return this.moto.stop();
  }

  async open() {
    this.bucket = `contract-${randomUUID()}`;
    await this.client.send(new CreateBucketCommand({ Bucket: this.bucket }));
    return createObjectStore(`s3://${this.bucket}/some/place`);
  }

  async leftovers() {
    const { Uploads = [] } = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.bucket }));
    return Uploads.map(({ Key = '' }) => Key);
  }
}

const fixtures: [string, Fixture][] = [['file', new FileFixture()]];
if (motoAvailable()) fixtures.push(['S3', new S3Fixture()]);

async function* chunksOf(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

async function* failAfter(byteCount: number, error: Error): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < byteCount; sent += MIB) yield Buffer.alloc(MIB);
  throw error;
}

async function textOf(stream: Readable): Promise<string> {
  return Buffer.concat(await stream.toArray()).toString();
}

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(store, '')) keys.push(key);
  return keys;
}

describe.each(fixtures)('an object store on %s', (_name, fixture) => {
  let store: ObjectStore;

  beforeAll(() => fixture.start(), 90_000);
  afterAll(() => fixture.stop());

  beforeEach(async () => {
    store = await fixture.open();
    await store.start();
    await store.start();
  });

  afterEach(async () => {
    assert.deepEqual(await fixture.leftovers(), []);
    await store.stop();
    await store.stop();
  });

  describe('put and get', () => {
    it('gives back what was put, and replaces it', async () => {
      expect(await store.put('a/b.json', Buffer.from('first'))).toEqual({ size: 5 });
      expect((await store.get('a/b.json')).toString()).toBe('first');
      await store.put('a/b.json', Buffer.from('second'), { contentType: 'application/json' });
      expect((await store.get('a/b.json')).toString()).toBe('second');
    });

    it('holds empty objects, from bytes and from streams', async () => {
      await store.put('empty', new Uint8Array());
      await store.put('stream', Readable.from([]));
      await store.put('was/full', Buffer.from('x'));
      await store.put('was/full', new Uint8Array());
      for (const key of ['empty', 'stream', 'was/full']) expect(await store.get(key)).toHaveLength(0);
    });

    it('streams many parts in and out', async () => {
      const bytes = randomBytes(20 * MIB + 7);
      expect(await store.put('large', Readable.from(chunksOf(bytes, 300_001)))).toEqual({ size: bytes.length });
      expect((await store.head('large'))?.size).toBe(bytes.length);
      expect(Buffer.concat(await (await store.getStream('large')).toArray()).equals(bytes)).toBe(true);
    });

    it('names what is missing', async () => {
      const missing = { name: 'ObjectNotFoundError', code: 'OBJECT_NOT_FOUND' };
      await store.put('a/b', Buffer.from('x'));
      for (const key of ['a', 'a/c', 'a/b/c', 'z/z']) {
        await expect(store.get(key)).rejects.toMatchObject(missing);
        await expect(store.getRange(key, { start: 0, end: 1 })).rejects.toMatchObject(missing);
        await expect(store.getStream(key)).rejects.toMatchObject(missing);
        expect(await store.head(key)).toBeUndefined();
      }
    });

    it('reads ranges, and refuses those that are not inside', async () => {
      await store.put('digits', Buffer.from('0123456789'));
      expect((await store.getRange('digits', { start: 2, end: 5 })).toString()).toBe('234');
      expect((await store.getRange('digits', { start: 0, end: 10 })).toString()).toBe('0123456789');
      expect(await textOf(await store.getStream('digits', { start: 9, end: 10 }))).toBe('9');
      const outside = [[-1, 3], [3, 3], [5, 2], [0, 11], [9, 12], [10, 11], [0.5, 2]];
      for (const [start = 0, end = 0] of outside) {
        await expect(store.getRange('digits', { start, end })).rejects.toMatchObject({ name: 'ObjectRangeError' });
        await expect(store.getStream('digits', { start, end })).rejects.toMatchObject({ code: 'OBJECT_RANGE' });
      }
    });

    it('tells size and time without reading', async () => {
      const beforeMs = Date.now() - 2000; // S3 gives whole seconds
      await store.put('a', Buffer.from('four'));
      const info = await store.head('a');
      expect(info).toMatchObject({ key: 'a', size: 4 });
      expect(info!.modifiedAt.getTime()).toBeGreaterThan(beforeMs);
    });
  });

  describe('putOnce', () => {
    it.each([
      ['bytes', (text: string) => Buffer.from(text)],
      ['a stream', (text: string) => Readable.from([Buffer.from(text)])],
    ])('writes %s once', async (_kind, body) => {
      expect(await store.putOnce('once', body('same'))).toBe('created');
      expect(await store.putOnce('once', body('same'))).toBe('exists');
      for (const other of ['more than that', 'diff', '']) {
        await expect(store.putOnce('once', body(other))).rejects.toMatchObject({ code: 'OBJECT_MISMATCH' });
      }
      expect((await store.get('once')).toString()).toBe('same');
    });

    it('compares across ways of writing', async () => {
      await store.put('streamed', Readable.from([Buffer.from('sa'), Buffer.from('me')]));
      expect(await store.putOnce('streamed', Buffer.from('same'))).toBe('exists');
      await store.put('bytes', Buffer.from('same'));
      expect(await store.putOnce('bytes', Readable.from([Buffer.from('same')]))).toBe('exists');
      await store.put('empty', new Uint8Array());
      expect(await store.putOnce('empty', new Uint8Array())).toBe('exists');
      await expect(store.putOnce('empty', Buffer.from('x'))).rejects.toMatchObject({ code: 'OBJECT_MISMATCH' });
    });

    it('writes many parts once', async () => {
      const bytes = randomBytes(17 * MIB);
      const other = Buffer.from(bytes);
      other[16 * MIB]! ^= 1;
      expect(await store.putOnce('large', Readable.from(chunksOf(bytes, MIB)))).toBe('created');
      expect(await store.putOnce('large', Readable.from(chunksOf(bytes, 65_536)))).toBe('exists');
      expect(await store.putOnce('large', bytes)).toBe('exists');
      await expect(store.putOnce('large', Readable.from(chunksOf(other, MIB)))).rejects.toMatchObject({ code: 'OBJECT_MISMATCH' });
    });

    it('lets one of ten racers create, when all bring the same', async () => {
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => store.putOnce('race/same', Buffer.from('same'))));
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
    });

    it('lets one of ten racers win, when all bring something else', async () => {
      const racers = Array.from({ length: 10 }, (_, n) => store.putOnce('race/other', Buffer.from(`racer ${n}`)));
      const outcomes = await Promise.allSettled(racers);
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
      expect((await store.get('race/other')).toString()).toBe(`racer ${winner}`);
      const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [(outcome.reason as Error).name] : []));
      expect(reasons).toEqual(Array.from({ length: 9 }, () => 'ObjectMismatchError'));
    });
  });

  describe('an interrupted write', () => {
    it.each(['put', 'putOnce'] as const)('of %s fails with the error of the source and leaves nothing', async (method) => {
      const broken = Object.assign(new Error('upload broken off'), { code: 'ECONNRESET', syscall: 'read' });
      const source = new Readable({ read() {} });
      source.push(Buffer.alloc(17 * MIB));
      const writing = store[method]('broken', source);
      source.destroy(broken);
      await expect(writing).rejects.toBe(broken);
      await expect(store[method]('broken', failAfter(9 * MIB, broken))).rejects.toBe(broken);
      expect(await keysOf(store)).toEqual([]);
    });

    it.each(['put', 'putOnce'] as const)('of %s ends by its signal, although the source stands still', async (method) => {
      const source = new PassThrough();
      const controller = new AbortController();
      const writing = store[method]('aborted', source, { signal: controller.signal });
      source.write(Buffer.alloc(100), () => controller.abort());
      await expect(writing).rejects.toMatchObject({ name: 'AbortError' });
      expect(source.destroyed).toBe(true);
      await expect(store[method]('aborted', Buffer.from('x'), { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
      await expect(store[method]('aborted', new Uint8Array(), { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
      expect(await keysOf(store)).toEqual([]);
    });

    it('leaves what was there before', async () => {
      await store.put('kept', Buffer.from('before'));
      await expect(store.put('kept', failAfter(9 * MIB, new Error('no')))).rejects.toThrow('no');
      expect((await store.get('kept')).toString()).toBe('before');
    });
  });

  describe('list', () => {
    const keys = ['a', 'b-/x', 'b./x', 'b/c/1', 'b/c/2', 'b/d', 'b0', 'c/\u00e9', 'c/\uffee', 'c/\u{1f600}', 'd/only/deep/one'];

    beforeEach(async () => {
      for (const key of keys.toReversed()) await store.put(key, Buffer.from(key));
    });

    it('gives keys by their bytes, page by page', async () => {
      expect(await keysOf(store)).toEqual(keys);
      for (let limit = 1; limit <= keys.length; limit++) {
        const page = await store.list({ prefix: '', limit });
        expect(page.objects.map(({ key }) => key)).toEqual(keys.slice(0, limit));
        expect(page.truncated).toBe(limit < keys.length);
      }
    });

    it('starts behind any key, there or not', async () => {
      for (const startAfter of [...keys, 'b', 'b/', 'b/c/', 'b/c/11', 'b/cc', 'zz']) {
        const expected = keys.filter((key) => Buffer.compare(Buffer.from(key), Buffer.from(startAfter)) > 0);
        const { objects } = await store.list({ prefix: '', startAfter });
        expect(objects.map(({ key }) => key)).toEqual(expected);
      }
    });

    it('takes a prefix that ends within a segment', async () => {
      for (const prefix of ['b', 'b/', 'b/c', 'b/c/', 'b/c/2', 'd/on', 'nothing/here', 'a/']) {
        const { objects } = await store.list({ prefix });
        expect(objects.map(({ key }) => key)).toEqual(keys.filter((key) => key.startsWith(prefix)));
      }
    });

    it('folds what lies behind the delimiter', async () => {
      const top = await store.list({ prefix: '', delimiter: '/' });
      expect(top.prefixes).toEqual(['b-/', 'b./', 'b/', 'c/', 'd/']);
      expect(top.objects.map(({ key }) => key)).toEqual(['a', 'b0']);
      const below = await store.list({ prefix: 'b/', delimiter: '/' });
      expect(below).toMatchObject({ prefixes: ['b/c/'], objects: [{ key: 'b/d', size: 3 }], truncated: false });
    });

    it('goes on behind a folded prefix', async () => {
      const first = await store.list({ prefix: '', delimiter: '/', limit: 4 });
      expect(first).toMatchObject({ prefixes: ['b-/', 'b./', 'b/'], truncated: true });
      for (const startAfter of ['b/', 'b/c/1']) {
        const rest = await store.list({ prefix: '', delimiter: '/', startAfter });
        expect(rest.prefixes).toEqual(['c/', 'd/']);
        expect(rest.objects.map(({ key }) => key)).toEqual(['b0']);
      }
    });

    it('refuses a limit that is none', async () => {
      await expect(store.list({ prefix: '', limit: 0 })).rejects.toThrow(RangeError);
    });
  });

  describe('delete', () => {
    it('removes an object, and does not mind its absence', async () => {
      await store.put('a/b', Buffer.from('x'));
      await store.delete('a/b');
      await store.delete('a/b');
      await store.delete('a');
      expect(await store.head('a/b')).toBeUndefined();
      expect(await store.list({ prefix: '', delimiter: '/' })).toEqual({ objects: [], prefixes: [], truncated: false });
      await store.put('a/b', Buffer.from('again'));
      expect((await store.get('a/b')).toString()).toBe('again');
    });

    it('removes a folder with all that is below, and nothing beside it', async () => {
      for (const key of ['x/1', 'x/y/2', 'x/y/z/3', 'x-1', 'xx/1']) await store.put(key, Buffer.from(key));
      expect(await store.deletePrefix('x/')).toBe(3);
      expect(await store.deletePrefix('x/')).toBe(0);
      expect(await keysOf(store)).toEqual(['x-1', 'xx/1']);
      await store.put('x/y/2', Buffer.from('again'));
      expect(await keysOf(store)).toEqual(['x-1', 'x/y/2', 'xx/1']);
    });

    it('refuses a prefix that is no folder', async () => {
      await store.put('x/1', Buffer.from('1'));
      for (const prefix of ['', '/', 'x', '../', 'x/../']) {
        await expect(store.deletePrefix(prefix)).rejects.toMatchObject({ code: 'INVALID_KEY' });
      }
      expect(await keysOf(store)).toEqual(['x/1']);
    });
  });

  it.each(['', '/', '/etc/passwd', '../up', 'a/../../up', 'a//b', 'a/', './a', 'a/.', '.tmp/x', 'a/.hidden', 'a\\b', 'a\0b', 'a\nb',
    '\ud800', 'x'.repeat(256), 'ab/'.repeat(400) + 'c'])('refuses the key %j in every method', async (key) => {
    const refused = { code: 'INVALID_KEY' };
    const range = { start: 0, end: 1 };
    await expect(store.put(key, Buffer.from('x'))).rejects.toMatchObject(refused);
    await expect(store.putOnce(key, new Uint8Array())).rejects.toMatchObject(refused);
    await expect(store.get(key)).rejects.toMatchObject(refused);
    await expect(store.getRange(key, range)).rejects.toMatchObject(refused);
    await expect(store.getStream(key)).rejects.toMatchObject(refused);
    await expect(store.head(key)).rejects.toMatchObject(refused);
    await expect(store.delete(key)).rejects.toMatchObject(refused);
  });

  it('says that it can be reached', async () => {
    await expect(store.check()).resolves.toBeUndefined();
  });
});
