import { Readiness } from './readiness';

const fine = async () => undefined;
const broken = async () => Promise.reject(new Error('away'));

test('names what does not answer', async () => {
  expect(await new Readiness({ redis: fine, store: fine }).missing()).toEqual([]);
  expect(await new Readiness({ redis: broken, store: fine, other: broken }).missing()).toEqual(['redis', 'other']);
});

test('does not wait for what is frozen', async () => {
  expect(await new Readiness({ redis: fine, store: () => new Promise(() => undefined) }).missing()).toEqual(['store']);
});

test('asks once for all who ask at the same time, and anew for who comes later', async () => {
  let asked = 0;
  const readiness = new Readiness({ store: async () => void asked++ });
  await Promise.all([readiness.missing(), readiness.missing(), readiness.missing()]);
  expect(asked).toBe(1);
  await readiness.missing();
  expect(asked).toBe(2);
});
