import { RetryLaterError } from '@cytoqueue/queue';
import { CrashIsolation } from './crash-isolation';

/** A piece of work that the test ends. */
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

test('a suspect waits for what is in hand, and what comes then waits for it', async () => {
  const quarantine = new CrashIsolation();
  const log: string[] = [];
  const [before, suspect, after] = [work('before', log), work('suspect', log), work('after', log)];
  const all = [quarantine.run(false, before.run), quarantine.run(true, suspect.run), quarantine.run(false, after.run)];
  before.end();
  await all[0];
  suspect.end();
  await all[1];
  after.end();
  await Promise.all(all);
  expect(log).toEqual(['before begins', 'before ends', 'suspect begins', 'suspect ends', 'after begins', 'after ends']);
});

test('a second suspect is put off', async () => {
  const quarantine = new CrashIsolation();
  const first = work('first', []);
  const running = quarantine.run(true, first.run);
  await expect(quarantine.run(true, first.run)).rejects.toBeInstanceOf(RetryLaterError);
  first.end();
  await running;
  await expect(quarantine.run(true, async () => undefined)).resolves.toBeUndefined();
});

test('work that fails lets the next one in', async () => {
  const quarantine = new CrashIsolation();
  const fail = () => Promise.reject(new Error('no'));
  await expect(quarantine.run(true, fail)).rejects.toThrow('no');
  await expect(quarantine.run(false, fail)).rejects.toThrow('no');
  await expect(quarantine.run(true, async () => undefined)).resolves.toBeUndefined();
});
