import {
  type DependencyWatchOptions,
  DependencyWatch,
  type Finding,
  UnsuitableDependencyError,
} from './dependency-watch';
import { waitUntil } from '../../../test/src/support/wait-until';

const finding = (kind: Finding['kind'], reason: string): Finding => ({
  kind,
  reason,
  detail: `the detail of ${reason}`,
  remedy: `the remedy of ${reason}`,
});
const denied = finding('unavailable', 'access-denied');
const noCondition = finding('unsuitable', 'no-conditional-writes');

let logged: string[];
let watch: DependencyWatch | undefined;

beforeEach(() => (logged = []));
afterEach(() => watch?.stop());

function watching(
  probes: DependencyWatchOptions['probes'],
  timing: Partial<DependencyWatchOptions> = {},
): DependencyWatch {
  const log = (level: string) => (fields: object) =>
    void logged.push(`${level} ${(fields as { reason?: string }).reason ?? 'usable'}`);
  const logger = {
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
  } as unknown as DependencyWatchOptions['logger'];
  watch = new DependencyWatch({ probes, logger, intervalMs: 5, retryMs: 5, ...timing });
  return watch;
}

test('an unsuitable dependency stops the start, with reason and remedy', async () => {
  const start = watching({ store: async () => [noCondition], redis: async () => [denied] }).start();
  await expect(start).rejects.toThrow(UnsuitableDependencyError);
  await expect(start).rejects.toThrow(
    'store: the detail of no-conditional-writes. To do: the remedy of no-conditional-writes.',
  );
});

test('a dependency that denies access at the start is a problem until a probe succeeds, logged once and counted at every probe', async () => {
  let found: Finding[] = [denied];
  let failures = 0;
  watching({ store: async () => found }).onFailure = () => void failures++;
  await watch!.start();
  await waitUntil('it is probed again', () => failures >= 3);
  expect(watch!.unavailableDependencies()).toEqual([{ name: 'store', reason: 'access-denied' }]);
  found = [];
  await waitUntil('it is usable', () => watch!.unavailableDependencies().length === 0);
  expect(logged).toEqual(['error access-denied', 'info usable']);
});

test('a dependency that becomes unsuitable later is a problem and does not end anything', async () => {
  let found: Finding[] = [];
  await watching({ store: async () => found }).start();
  expect(watch!.unavailableDependencies()).toEqual([]);
  found = [noCondition];
  await waitUntil('it is found', () => watch!.unavailableDependencies().length === 1);
});

test('a warning is logged and counted and leaves the process ready', async () => {
  let failures = 0;
  watching({ store: async () => [finding('warning', 'full')] }).onFailure = () => void failures++;
  await watch!.start();
  expect([watch!.unavailableDependencies(), failures, logged]).toEqual([[], 1, ['warn full']]);
});

test('a probe that hangs is a timeout and is not started a second time', async () => {
  let started = 0;
  let failures = 0;
  const hang = (): Promise<Finding[]> => {
    started++;
    return new Promise(() => undefined);
  };
  watching({ store: hang }, { timeoutMs: 5 }).onFailure = () => void failures++;
  await watch!.start();
  await waitUntil('it has timed out again', () => failures >= 3);
  expect([watch!.unavailableDependencies(), started]).toEqual([[{ name: 'store', reason: 'timeout' }], 1]);
});

test('a probe that throws ends the start, and is a problem later', async () => {
  let fails = true;
  const probe = async (): Promise<Finding[]> => {
    if (fails) throw new Error('broken model file');
    return [];
  };
  await expect(watching({ store: probe }).start()).rejects.toThrow('broken model file');
  fails = false;
  await watching({ store: probe }).start();
  fails = true;
  await waitUntil('it is a problem', () => watch!.unavailableDependencies()[0]?.reason === 'probe-failed');
});
