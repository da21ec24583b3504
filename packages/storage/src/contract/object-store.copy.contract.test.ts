import { randomBytes } from 'node:crypto';
import type { ObjectStore } from '../index';
import { describeStores, keysOf } from './object-store.test.fixtures';

describeStores((currentStore) => {
  let store: ObjectStore;

  beforeEach(() => {
    store = currentStore();
  });

  describe('copy', () => {
    it('creates an independent object with the same bytes', async () => {
      const bytes = randomBytes(100_000);
      await store.put('a/1/input.csv', bytes, { contentType: 'text/csv' });
      await store.copy('a/1/input.csv', 'a/2/input.csv');
      expect((await store.get('a/2/input.csv')).equals(bytes)).toBe(true);
      expect((await store.head('a/2/input.csv'))?.size).toBe(bytes.length);
      await store.deletePrefix('a/1/');
      expect((await store.get('a/2/input.csv')).equals(bytes)).toBe(true);
      expect(await keysOf(store)).toEqual(['a/2/input.csv']);
    });

    it('keeps the copy when the original is replaced', async () => {
      await store.put('a/1', Buffer.from('first'));
      await store.copy('a/1', 'a/2');
      await store.put('a/1', Buffer.from('second'));
      expect((await store.get('a/2')).toString()).toBe('first');
    });

    it('replaces an existing object', async () => {
      await store.put('a/1', Buffer.from('first'));
      await store.put('a/2', Buffer.from('second'));
      await store.copy('a/1', 'a/2');
      expect((await store.get('a/2')).toString()).toBe('first');
    });

    it('of a missing object is ObjectNotFoundError and creates no object', async () => {
      await expect(store.copy('a/none', 'b/2')).rejects.toMatchObject({ name: 'ObjectNotFoundError' });
      expect(await keysOf(store)).toEqual([]);
    });

    it('with an invalid key is InvalidKeyError', async () => {
      await expect(store.copy('.no', 'b')).rejects.toMatchObject({ name: 'InvalidKeyError' });
      await expect(store.copy('a', '.no')).rejects.toMatchObject({ name: 'InvalidKeyError' });
    });
  });
});
