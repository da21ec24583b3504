import type { ObjectStore } from '../index';
import { describeStores, keysOf } from './object-store.test.fixtures';

const UNSAFE_KEYS = [
  '',
  '/',
  '/etc/passwd',
  '../up',
  'a/../../up',
  'a//b',
  'a/',
  './a',
  'a/.',
  '.tmp/x',
  'a/.hidden',
  'a\\b',
  'a\0b',
  'a\nb',
  '\ud800',
  'x'.repeat(256),
  `${'ab/'.repeat(400)}c`,
];

describeStores((currentStore) => {
  let store: ObjectStore;

  beforeEach(() => {
    store = currentStore();
  });

  describe('list', () => {
    const keys = [
      'a',
      'b-/x',
      'b./x',
      'b/c/1',
      'b/c/2',
      'b/d',
      'b0',
      'c/\u00e9',
      'c/\uffee',
      'c/\u{1f600}',
      'd/only/deep/one',
    ];

    beforeEach(async () => {
      for (const key of keys.toReversed()) await store.put(key, Buffer.from(key));
    });

    it('returns keys sorted by their bytes, in pages', async () => {
      expect(await keysOf(store)).toEqual(keys);
      for (let limit = 1; limit <= keys.length; limit++) {
        const page = await store.list({ prefix: '', limit });
        expect(page.objects.map(({ key }) => key)).toEqual(keys.slice(0, limit));
        expect(page.truncated).toBe(limit < keys.length);
      }
    });

    it('starts after any key, whether or not it exists', async () => {
      for (const startAfter of [...keys, 'b', 'b/', 'b/c/', 'b/c/11', 'b/cc', 'zz']) {
        const expected = keys.filter((key) => Buffer.compare(Buffer.from(key), Buffer.from(startAfter)) > 0);
        const { objects } = await store.list({ prefix: '', startAfter });
        expect(objects.map(({ key }) => key)).toEqual(expected);
      }
    });

    it('accepts a prefix that ends within a segment', async () => {
      for (const prefix of ['b', 'b/', 'b/c', 'b/c/', 'b/c/2', 'd/on', 'nothing/here', 'a/']) {
        const { objects } = await store.list({ prefix });
        expect(objects.map(({ key }) => key)).toEqual(keys.filter((key) => key.startsWith(prefix)));
      }
    });

    it('groups keys by the delimiter', async () => {
      const top = await store.list({ prefix: '', delimiter: '/' });
      expect(top.prefixes).toEqual(['b-/', 'b./', 'b/', 'c/', 'd/']);
      expect(top.objects.map(({ key }) => key)).toEqual(['a', 'b0']);
      const below = await store.list({ prefix: 'b/', delimiter: '/' });
      expect(below).toMatchObject({ prefixes: ['b/c/'], objects: [{ key: 'b/d', size: 3 }], truncated: false });
    });

    it('continues after a prefix group', async () => {
      const first = await store.list({ prefix: '', delimiter: '/', limit: 4 });
      expect(first).toMatchObject({ prefixes: ['b-/', 'b./', 'b/'], truncated: true });
      for (const startAfter of ['b/', 'b/c/1']) {
        const rest = await store.list({ prefix: '', delimiter: '/', startAfter });
        expect(rest.prefixes).toEqual(['c/', 'd/']);
        expect(rest.objects.map(({ key }) => key)).toEqual(['b0']);
      }
    });

    it('refuses an invalid limit', async () => {
      await expect(store.list({ prefix: '', limit: 0 })).rejects.toThrow(RangeError);
    });
  });

  describe('delete', () => {
    it('deletes an object, and succeeds for a missing one', async () => {
      await store.put('a/b', Buffer.from('x'));
      await store.delete('a/b');
      await store.delete('a/b');
      await store.delete('a');
      expect(await store.head('a/b')).toBeUndefined();
      expect(await store.list({ prefix: '', delimiter: '/' })).toEqual({ objects: [], prefixes: [], truncated: false });
      await store.put('a/b', Buffer.from('again'));
      expect((await store.get('a/b')).toString()).toBe('again');
    });

    it('deletes everything below a folder, and nothing beside it', async () => {
      for (const key of ['x/1', 'x/y/2', 'x/y/z/3', 'x-1', 'xx/1']) await store.put(key, Buffer.from(key));
      expect(await store.deletePrefix('x/')).toBe(3);
      expect(await store.deletePrefix('x/')).toBe(0);
      expect(await keysOf(store)).toEqual(['x-1', 'xx/1']);
      await store.put('x/y/2', Buffer.from('again'));
      expect(await keysOf(store)).toEqual(['x-1', 'x/y/2', 'xx/1']);
    });

    it('refuses a prefix that is not a folder', async () => {
      await store.put('x/1', Buffer.from('1'));
      for (const prefix of ['', '/', 'x', '../', 'x/../']) {
        await expect(store.deletePrefix(prefix)).rejects.toMatchObject({ code: 'INVALID_KEY' });
      }
      expect(await keysOf(store)).toEqual(['x/1']);
    });
  });

  it('refuses invalid keys in every method', async () => {
    const refused = { code: 'INVALID_KEY' };
    for (const key of UNSAFE_KEYS) {
      await expect(store.put(key, Buffer.from('x'))).rejects.toMatchObject(refused);
      await expect(store.putOnce(key, new Uint8Array())).rejects.toMatchObject(refused);
      await expect(store.get(key)).rejects.toMatchObject(refused);
      await expect(store.getRange(key, { start: 0, end: 1 })).rejects.toMatchObject(refused);
      await expect(store.getStream(key)).rejects.toMatchObject(refused);
      await expect(store.head(key)).rejects.toMatchObject(refused);
      await expect(store.delete(key)).rejects.toMatchObject(refused);
    }
  });
});
