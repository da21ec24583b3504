import { waitUntil } from '../../../test/src/support/wait-until';
import { Readiness, describeProblems, watchReadiness } from './readiness';

const fine = async () => undefined;
const unreachable = (name: string) => ({ name, reason: 'unreachable' });
const broken = async () => Promise.reject(new Error('away'));

test('names each dependency that does not answer', async () => {
  expect(await new Readiness({ redis: fine, store: fine }).unavailableDependencies()).toEqual([]);
  expect(await new Readiness({ redis: broken, store: fine, other: broken }).unavailableDependencies()).toEqual(
    ['redis', 'other'].map(unreachable),
  );
});

test('does not wait for a frozen dependency', async () => {
  expect(
    await new Readiness({ redis: fine, store: () => new Promise(() => undefined) }).unavailableDependencies(),
  ).toEqual([unreachable('store')]);
});

test('adds the findings of the probes; their reason wins for a dependency that does not answer either', async () => {
  const found = [
    { name: 'store', reason: 'access-denied' },
    { name: 'redis', reason: 'timeout' },
  ];
  const readiness = new Readiness({ redis: broken, store: fine }, { unavailableDependencies: () => found });
  expect(await readiness.unavailableDependencies()).toEqual(found);
  expect(describeProblems(await readiness.unavailableDependencies())).toBe('store (access-denied), redis (timeout)');
});

test('concurrent callers share one check; a later caller starts another', async () => {
  let asked = 0;
  const readiness = new Readiness({ store: async () => void asked++ });
  await Promise.all([
    readiness.unavailableDependencies(),
    readiness.unavailableDependencies(),
    readiness.unavailableDependencies(),
  ]);
  expect(asked).toBe(1);
  await readiness.unavailableDependencies();
  expect(asked).toBe(2);
});

test('a dependency that stays away is logged each time from the second look on, and no more once it is there', async () => {
  const logged: unknown[] = [];
  const looks = [['redis'], [], ['redis'], ['redis'], ['redis', 'store'], []];
  let look = 0;
  const logger = { warn: (...line: unknown[]) => logged.push(line) } as never;
  const watch = watchReadiness({
    readiness: { unavailableDependencies: async () => (looks[look++] ?? []).map(unreachable) },
    logger,
    intervalMs: 1,
  });
  watch.start();
  await waitUntil('it has looked often enough', () => look > looks.length);
  await watch.stop();
  expect(logged).toEqual([
    [{ missing: 'redis (unreachable)' }, 'not ready'],
    [{ missing: 'redis (unreachable), store (unreachable)' }, 'not ready'],
  ]);
});
