import { PeriodicTask } from './periodic-task';

/** A promise and the function that resolves it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

test('turns follow one another, also after one that failed, and stop waits for the last', async () => {
  const turns: string[] = [];
  const warnings: unknown[] = [];
  const [third, last] = [gate(), gate()];
  const periodic = new PeriodicTask({
    intervalMs: 0,
    name: 'test',
    logger: { warn: (line: unknown) => warnings.push(line) } as never,
    run: async () => {
      turns.push('begin');
      if (turns.length === 1) throw new Error('first');
      if (turns.filter((turn) => turn === 'begin').length < 3) return;
      third.open();
      await last.opened;
      turns.push('end');
    },
  });
  periodic.start();
  periodic.start();
  await third.opened;
  const stopping = periodic.stop();
  last.open();
  await stopping;
  expect(turns).toEqual(['begin', 'begin', 'begin', 'end']);
  expect(warnings).toHaveLength(1);
  periodic.start();
  expect(turns).toHaveLength(4);
});

test('a run learns that its task is being stopped', async () => {
  const periodic = new PeriodicTask({
    intervalMs: 0,
    name: 'test',
    logger: { warn: () => undefined },
    run: (stopping) => new Promise((resolve) => stopping.addEventListener('abort', () => resolve())),
  });
  periodic.start();
  await expect(periodic.stop()).resolves.toBeUndefined();
});
