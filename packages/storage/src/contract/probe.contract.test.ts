import { describeStores, keysOf } from './object-store.test.fixtures';

describeStores((currentStore) => {
  test('a probe of a suitable store finds nothing and leaves no object', async () => {
    expect(await currentStore().probe()).toEqual([]);
    expect(await keysOf(currentStore())).toEqual([]);
  });

  test('concurrent probes do not affect each other', async () => {
    const findings = await Promise.all(Array.from({ length: 8 }, () => currentStore().probe()));
    expect(findings.flat()).toEqual([]);
    expect(await keysOf(currentStore())).toEqual([]);
  });

  test('a probe keeps a recent object of another probe', async () => {
    await currentStore().put('probe/another', Buffer.from('x'));
    expect(await currentStore().probe()).toEqual([]);
    expect(await keysOf(currentStore())).toEqual(['probe/another']);
  });
});
