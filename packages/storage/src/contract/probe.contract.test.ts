import { describeStores, keysOf } from './object-store.test.fixtures';

describeStores((currentStore) => {
  test('a probe of a store that is fit for use finds nothing and leaves nothing', async () => {
    expect(await currentStore().probe()).toEqual([]);
    expect(await keysOf(currentStore())).toEqual([]);
  });

  test('probes at the same time do not disturb each other', async () => {
    const findings = await Promise.all(Array.from({ length: 8 }, () => currentStore().probe()));
    expect(findings.flat()).toEqual([]);
    expect(await keysOf(currentStore())).toEqual([]);
  });

  test('a probe leaves a young object of another probe alone', async () => {
    await currentStore().put('probe/another', Buffer.from('x'));
    expect(await currentStore().probe()).toEqual([]);
    expect(await keysOf(currentStore())).toEqual(['probe/another']);
  });
});
