import { randomBytes } from 'node:crypto';
import { PassThrough, Readable, Writable } from 'node:stream';
import type { ObjectStore } from '../index';
import { describeStores, keysOf } from './object-store.test.fixtures';

const MIB = 1024 * 1024;

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

describeStores((currentStore) => {
  let store: ObjectStore;

  beforeEach(() => {
    store = currentStore();
  });

  describe('put and get', () => {
    it('returns the object that was put, and replaces it', async () => {
      expect(await store.put('a/b.json', Buffer.from('first'))).toEqual({ size: 5 });
      expect((await store.get('a/b.json')).toString()).toBe('first');
      await store.put('a/b.json', Buffer.from('second'), { contentType: 'application/json' });
      expect((await store.get('a/b.json')).toString()).toBe('second');
    });

    it('does not read an object that has more bytes than the reader allows', async () => {
      await store.put('some', Buffer.from('12345678'));
      for (const buffer of [undefined, Buffer.alloc(20)]) {
        expect((await store.get('some', buffer, 8)).toString()).toBe('12345678');
        await expect(store.get('some', buffer, 7)).rejects.toMatchObject({ name: 'ObjectCorruptError' });
      }
    });

    it.each([
      ['put', () => store.put('some', Buffer.from('12345678'))],
      ['putOnce', () => store.putOnce('some', Buffer.from('12345678'))],
      ['putOnce with a journal', () => store.putOnce('some', Buffer.from('12345678'), { journal: true })],
      ['putWithMarker', () => store.putWithMarker('some', Buffer.from('12345678'), 'marker')],
    ])('reads an object of %s with the time that its metadata has', async (_, put) => {
      await put();
      const { body, modifiedAt } = await store.getWithTime('some', 8);
      expect([body.toString(), modifiedAt]).toEqual(['12345678', (await store.head('some'))?.modifiedAt]);
      await expect(store.getWithTime('some', 7)).rejects.toMatchObject({ name: 'ObjectCorruptError' });
      await store.delete('some');
      await expect(store.getWithTime('some')).rejects.toMatchObject({ name: 'ObjectNotFoundError' });
    });

    it('puts an object and its marker, which are independent afterwards', async () => {
      const [key, marker] = ['t/r/1/request.json', 'pending/t/1'];
      const startedAtMs = Date.now();
      await store.putWithMarker(key, Buffer.from('first'), marker, { contentType: 'application/json' });
      expect(await keysOf(store)).toEqual([marker, key]);
      expect((await store.head(marker))?.modifiedAt.getTime()).toBeGreaterThanOrEqual(startedAtMs - 2_000);
      await store.putWithMarker(key, Buffer.from('second'), marker);
      expect((await store.get(key)).toString()).toBe('second');
      await store.put(marker, new Uint8Array());
      expect((await store.get(key)).toString()).toBe('second');
      await store.delete(marker);
      expect(await keysOf(store)).toEqual([key]);
    });

    it('a failed putWithMarker writes nothing after it has rejected', async () => {
      await expect(store.putWithMarker('.no', Buffer.from('x'), 'pending/t/1')).rejects.toMatchObject({
        name: 'InvalidKeyError',
      });
      await expect(store.putWithMarker('yes', Buffer.from('x'), '.no')).rejects.toMatchObject({
        name: 'InvalidKeyError',
      });
      const given = AbortSignal.abort();
      await expect(
        store.putWithMarker('yes', Buffer.from('x'), 'pending/t/1', { signal: given }),
      ).rejects.toMatchObject({ name: 'AbortError' });
    });

    it('reads into the given buffer if it is large enough', async () => {
      await store.put('some', Buffer.from('0123456789'));
      const room = Buffer.alloc(12, 'x');
      const whole = await store.get('some', room);
      expect([whole.toString(), whole.buffer === room.buffer, room.toString()]).toEqual([
        '0123456789',
        true,
        '0123456789xx',
      ]);
      const part = await store.getRange('some', { start: 3, end: 6 }, room);
      expect([part.toString(), part.buffer === room.buffer]).toEqual(['345', true]);
      const tooSmall = Buffer.alloc(4);
      expect((await store.get('some', tooSmall)).toString()).toBe('0123456789');
      expect((await store.getRange('some', { start: 1, end: 9 }, tooSmall)).toString()).toBe('12345678');
    });

    it('does not use a chunk after two more were requested', async () => {
      const size = 3 * MIB;
      const chunks = [Buffer.alloc(size), Buffer.alloc(size)];
      const reusing = async function* () {
        for (let byte = 1; byte <= 5; byte++) yield chunks[byte % 2].fill(byte);
      };
      await store.put('one', reusing());
      await store.put('signal', reusing(), { signal: new AbortController().signal });
      expect(await store.putOnce('once', reusing())).toBe('created');
      for (const key of ['one', 'signal', 'once']) {
        const bytes = await store.get(key);
        for (let byte = 1; byte <= 5; byte++)
          expect(bytes.subarray((byte - 1) * size, byte * size).every((value) => value === byte)).toBe(true);
      }
    });

    it('pipes an object or a part of it to a stream without ending it', async () => {
      const bytes = randomBytes(MIB + 7);
      await store.put('big', bytes);
      const taken: Buffer[] = [];
      const takeSlowly = (chunk: Buffer, _encoding: unknown, done: () => void) =>
        setImmediate(() => {
          taken.push(Buffer.from(chunk));
          done();
        });
      const target = new Writable({ write: takeSlowly });
      await store.pipeTo('big', target);
      await store.pipeTo('big', target, { start: 5, end: 300_000 });
      expect(target.writableEnded).toBe(false);
      expect(Buffer.concat(taken).equals(Buffer.concat([bytes, bytes.subarray(5, 300_000)]))).toBe(true);
      await expect(store.pipeTo('none', new PassThrough())).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    });

    it('fails when the target stream is destroyed', async () => {
      await store.put('big', randomBytes(MIB));
      const target = new PassThrough();
      const sending = store.pipeTo('big', target);
      setImmediate(() => target.destroy());
      await expect(sending).rejects.toThrow('Premature close');
    });

    it('stores empty objects, from bytes and from streams', async () => {
      await store.put('empty', new Uint8Array());
      await store.put('stream', Readable.from([]));
      await store.put('was/full', Buffer.from('x'));
      await store.put('was/full', new Uint8Array());
      for (const key of ['empty', 'stream', 'was/full']) expect(await store.get(key)).toHaveLength(0);
    });

    it('streams an object of many parts in and out', async () => {
      const bytes = randomBytes(20 * MIB + 7);
      expect(await store.put('large', Readable.from(chunksOf(bytes, 300_001)))).toEqual({ size: bytes.length });
      expect((await store.head('large'))?.size).toBe(bytes.length);
      expect(Buffer.concat(await (await store.getStream('large')).toArray()).equals(bytes)).toBe(true);
    });

    it('reads of a missing object are ObjectNotFoundError', async () => {
      const missing = { name: 'ObjectNotFoundError', code: 'OBJECT_NOT_FOUND' };
      await store.put('a/b', Buffer.from('x'));
      for (const key of ['a', 'a/c', 'a/b/c', 'z/z']) {
        await expect(store.get(key)).rejects.toMatchObject(missing);
        await expect(store.getRange(key, { start: 0, end: 1 })).rejects.toMatchObject(missing);
        await expect(store.getStream(key)).rejects.toMatchObject(missing);
        expect(await store.head(key)).toBeUndefined();
      }
    });

    it('reads ranges, and refuses ranges outside the object', async () => {
      await store.put('digits', Buffer.from('0123456789'));
      expect((await store.getRange('digits', { start: 2, end: 5 })).toString()).toBe('234');
      expect((await store.getRange('digits', { start: 0, end: 10 })).toString()).toBe('0123456789');
      expect(await textOf(await store.getStream('digits', { start: 9, end: 10 }))).toBe('9');
      const outside = [
        [-1, 3],
        [3, 3],
        [5, 2],
        [0, 11],
        [9, 12],
        [10, 11],
        [0.5, 2],
      ];
      for (const [start = 0, end = 0] of outside) {
        await expect(store.getRange('digits', { start, end })).rejects.toMatchObject({ name: 'ObjectRangeError' });
        await expect(store.getStream('digits', { start, end })).rejects.toMatchObject({ code: 'OBJECT_RANGE' });
      }
    });

    it('head returns size and time', async () => {
      const beforeMs = Date.now() - 2000; // S3 truncates to seconds
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

    it('compares bytes with streams', async () => {
      await store.put('streamed', Readable.from([Buffer.from('sa'), Buffer.from('me')]));
      expect(await store.putOnce('streamed', Buffer.from('same'))).toBe('exists');
      await store.put('bytes', Buffer.from('same'));
      expect(await store.putOnce('bytes', Readable.from([Buffer.from('same')]))).toBe('exists');
      await store.put('empty', new Uint8Array());
      expect(await store.putOnce('empty', new Uint8Array())).toBe('exists');
      await expect(store.putOnce('empty', Buffer.from('x'))).rejects.toMatchObject({ code: 'OBJECT_MISMATCH' });
    });

    it('writes an object of many parts once', async () => {
      const bytes = randomBytes(17 * MIB);
      const other = Buffer.from(bytes);
      other[16 * MIB]! ^= 1;
      expect(await store.putOnce('large', Readable.from(chunksOf(bytes, MIB)))).toBe('created');
      expect(await store.putOnce('large', Readable.from(chunksOf(bytes, 65_536)))).toBe('exists');
      expect(await store.putOnce('large', bytes)).toBe('exists');
      await expect(store.putOnce('large', Readable.from(chunksOf(other, MIB)))).rejects.toMatchObject({
        code: 'OBJECT_MISMATCH',
      });
    });

    it('creates once when ten writers send the same bytes', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () => store.putOnce('race/same', Buffer.from('same'))),
      );
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
    });

    it('accepts one of ten writers that send different bytes', async () => {
      const racers = Array.from({ length: 10 }, (_, n) => store.putOnce('race/other', Buffer.from(`racer ${n}`)));
      const outcomes = await Promise.allSettled(racers);
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
      expect((await store.get('race/other')).toString()).toBe(`racer ${winner}`);
      const reasons = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [(outcome.reason as Error).name] : [],
      );
      expect(reasons).toEqual(Array.from({ length: 9 }, () => 'ObjectMismatchError'));
    });
  });

  describe('an interrupted write', () => {
    it.each(['put', 'putOnce'] as const)(
      'of %s fails with the error of the source and leaves no object',
      async (method) => {
        const broken = Object.assign(new Error('upload interrupted'), { code: 'ECONNRESET', syscall: 'read' });
        const source = new Readable({ read() {} });
        source.push(Buffer.alloc(17 * MIB));
        const writing = store[method]('broken', source);
        source.destroy(broken);
        await expect(writing).rejects.toBe(broken);
        await expect(store[method]('broken', failAfter(9 * MIB, broken))).rejects.toBe(broken);
        expect(await keysOf(store)).toEqual([]);
      },
    );

    it.each(['put', 'putOnce'] as const)(
      'of %s is aborted by its signal, although a generator hangs',
      async (method) => {
        const controller = new AbortController();
        const standing = async function* () {
          yield Buffer.alloc(100);
          controller.abort();
          await new Promise(() => undefined);
        };
        await expect(store[method]('aborted', standing(), { signal: controller.signal })).rejects.toMatchObject({
          name: 'AbortError',
        });
        expect(await keysOf(store)).toEqual([]);
      },
    );

    it.each(['put', 'putOnce'] as const)(
      'of %s is aborted by its signal, although the source hangs',
      async (method) => {
        const source = new PassThrough();
        const controller = new AbortController();
        const writing = store[method]('aborted', source, { signal: controller.signal });
        source.write(Buffer.alloc(100), () => controller.abort());
        await expect(writing).rejects.toMatchObject({ name: 'AbortError' });
        expect(source.destroyed).toBe(true);
        await expect(store[method]('aborted', Buffer.from('x'), { signal: controller.signal })).rejects.toMatchObject({
          name: 'AbortError',
        });
        await expect(store[method]('aborted', new Uint8Array(), { signal: controller.signal })).rejects.toMatchObject({
          name: 'AbortError',
        });
        expect(await keysOf(store)).toEqual([]);
      },
    );

    it('keeps the previous object', async () => {
      await store.put('kept', Buffer.from('before'));
      await expect(store.put('kept', failAfter(9 * MIB, new Error('no')))).rejects.toThrow('no');
      expect((await store.get('kept')).toString()).toBe('before');
    });
  });

  it('is reachable', async () => {
    await expect(store.checkWritable()).resolves.toBeUndefined();
  });
});
