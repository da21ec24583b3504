import { waitUntil } from '../../../test/src/support/wait-until';
import { Readiness, describeProblems, watchReadiness } from './readiness';

const fine = async () => undefined;
const unreachable = (name: string) => ({ name, reason: 'unreachable' });
const broken = async () => Promise.reject(new Error('away'));

test('names what does not answer', async () => {
  expect(await new Readiness({ redis: fine, store: fine }).problems()).toEqual([]);
  expect(await new Readiness({ redis: broken, store: fine, other: broken }).problems()).toEqual(['redis', 'other'].map(unreachable));
});

test('does not wait for what is frozen', async () => {
  expect(await new Readiness({ redis: fine, store: () => new Promise(() => undefined) }).problems()).toEqual([unreachable('store')]);
});

test('adds what the probes have found, with their reason where a dependency does not answer either', async () => {
  const found = [{ name: 'store', reason: 'access-denied' }, { name: 'redis', reason: 'timeout' }];
  const readiness = new Readiness({ redis: broken, store: fine }, { problems: () => found });
  expect(await readiness.problems()).toEqual(found);
  expect(describeProblems(await readiness.problems())).toBe('store (access-denied), redis (timeout)');
});

test('asks once for all who ask at the same time, and anew for who comes later', async () => {
  let asked = 0;
  const readiness = new Readiness({ store: async () => void asked++ });
  await Promise.all([readiness.problems(), readiness.problems(), readiness.problems()]);
  expect(asked).toBe(1);
  await readiness.problems();
  expect(asked).toBe(2);
});

test('a dependency that stays away is logged each time from the second look on, and no more once it is there', async () => {
  const logged: unknown[] = [];
  const looks = [['redis'], [], ['redis'], ['redis'], ['redis', 'store'], []];
  let look = 0;
  const logger = { warn: (...line: unknown[]) => logged.push(line) } as never;
  const watch = watchReadiness({ readiness: { problems: async () => (looks[look++] ?? []).map(unreachable) }, logger, everyMs: 1 });
  watch.start();
  await waitUntil('it has looked often enough', () => look > looks.length);
  await watch.stop();
  expect(logged).toEqual([[{ missing: 'redis (unreachable)' }, 'not ready'], [{ missing: 'redis (unreachable), store (unreachable)' }, 'not ready']]);
});
