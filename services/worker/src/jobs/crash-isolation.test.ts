import { PostponeError } from '@cytoqueue/queue';
import { CrashIsolation } from './crash-isolation';

/** Work that runs until the test calls `end`. */
function work(name: string, log: string[]) {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const run = async (): Promise<void> => {
    log.push(`${name} begins`);
    await ended;
    log.push(`${name} ends`);
  };
  return { run, end };
}

test('a redelivered job waits for active jobs, and later jobs wait for it', async () => {
  const isolation = new CrashIsolation();
  const log: string[] = [];
  const [before, redelivered, after] = [work('before', log), work('redelivered', log), work('after', log)];
  const all = [isolation.run(false, before.run), isolation.run(true, redelivered.run), isolation.run(false, after.run)];
  before.end();
  await all[0];
  redelivered.end();
  await all[1];
  after.end();
  await Promise.all(all);
  expect(log).toEqual([
    'before begins',
    'before ends',
    'redelivered begins',
    'redelivered ends',
    'after begins',
    'after ends',
  ]);
});

test('a second redelivered job is delayed', async () => {
  const isolation = new CrashIsolation();
  const first = work('first', []);
  const running = isolation.run(true, first.run);
  await expect(isolation.run(true, first.run)).rejects.toBeInstanceOf(PostponeError);
  first.end();
  await running;
  await expect(isolation.run(true, async () => undefined)).resolves.toBeUndefined();
});

test('a failed job lets the next one run', async () => {
  const isolation = new CrashIsolation();
  const fail = () => Promise.reject(new Error('no'));
  await expect(isolation.run(true, fail)).rejects.toThrow('no');
  await expect(isolation.run(false, fail)).rejects.toThrow('no');
  await expect(isolation.run(true, async () => undefined)).resolves.toBeUndefined();
});
