import { waitUntil } from '../../../test/src/support/wait-until';
import { Readiness, watchReadiness } from './readiness';

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

test('a dependency that stays away is logged each time from the second look on, and no more once it is there', async () => {
  const logged: unknown[] = [];
  const looks = [['redis'], [], ['redis'], ['redis'], ['redis', 'store'], []];
  let look = 0;
  const logger = { warn: (...line: unknown[]) => logged.push(line) } as never;
  const watch = watchReadiness({ readiness: { missing: async () => looks[look++] ?? [] }, logger, everyMs: 1 });
  watch.start();
  await waitUntil('it has looked often enough', () => look > looks.length);
  await watch.stop();
  expect(logged).toEqual([[{ missing: ['redis'] }, 'not ready'], [{ missing: ['redis', 'store'] }, 'not ready']]);
});
