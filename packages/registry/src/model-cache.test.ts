import { type LoadedModel, ModelCache } from './model-cache';

const model = (bytes: number) => ({ bytes: Buffer.alloc(bytes) }) as LoadedModel;

test('drops the least recently used models beyond its bytes, and never the one that was just loaded', async () => {
  const cache = new ModelCache(100);
  const loads: string[] = [];
  const get = async (key: string, bytes: number) => {
    await cache.get(key, () => {
      loads.push(key);
      return Promise.resolve(model(bytes));
    });
  };
  await get('a', 40);
  await get('b', 40);
  await get('a', 40);
  await get('c', 40);
  await get('a', 40);
  await get('b', 40);
  expect(loads).toEqual(['a', 'b', 'c', 'b']);
  await get('large', 1_000);
  await get('large', 1_000);
  expect(loads.filter((key) => key === 'large')).toHaveLength(1);
});

test('a model that is loaded slowly stays, and makes room by those used since', async () => {
  const cache = new ModelCache(100);
  let finish: (loaded: LoadedModel) => void = () => undefined;
  const slow = new Promise<LoadedModel>((resolve) => (finish = resolve));
  const load = jest.fn(() => slow);
  const first = cache.get('slow', load);
  for (const key of ['a', 'b']) await cache.get(key, () => Promise.resolve(model(60)));
  void cache.get('slow', load);
  await cache.get('b', () => Promise.reject(new Error('b was dropped')));
  finish(model(60));
  await first;
  await cache.get('slow', load);
  expect(load).toHaveBeenCalledTimes(1);
  await expect(cache.get('b', () => Promise.reject(new Error('b was dropped')))).rejects.toThrow('b was dropped');
});

test('loads once for concurrent calls, and again after a failure', async () => {
  const cache = new ModelCache(100);
  const load = jest.fn(() => Promise.reject(new Error('outage')));
  await Promise.allSettled([cache.get('a', load), cache.get('a', load)]);
  expect(load).toHaveBeenCalledTimes(1);
  await expect(cache.get('a', () => Promise.resolve(model(1)))).resolves.toBeDefined();
});
