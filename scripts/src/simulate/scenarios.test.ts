import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scaleInSeconds, checkResult, clinicianP99, countDirectionChanges } from './checks';
import { drawResult } from './draw-result';
import { AUTOSCALERS, scenarios, steadyFiles, defaultConfig } from './scenarios';
import { simulate } from './simulation';

const CHARTS = join(__dirname, '../../../packages/scaling/charts');

describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (name, scenario) => {
  // The drawing uses the scenario's autoscaler, which is in the list, so it is simulated once.
  const own = simulate(scenario);

  test.each(Object.entries(AUTOSCALERS))(
    'holds every check with the autoscaler "%s", because AWS does not document which it is',
    (_, autoscaler) => {
      const outcome =
        autoscaler === scenario.config.autoscaler
          ? own
          : simulate({ ...scenario, config: { ...scenario.config, autoscaler } });
      expect(checkResult(outcome).filter(({ passed: holds }) => !holds)).toEqual([]);
    },
  );

  test('has an up-to-date drawing (npm run simulate draws it)', () => {
    expect(readFileSync(join(CHARTS, `${name}.svg`), 'utf8')).toBe(drawResult(own, checkResult(own)));
  });
});

describe('the checks find', () => {
  const { clinicians } = defaultConfig;
  // Large shards and no clinicians give the same outcome in less time.
  const world = { ...defaultConfig, shardRows: 1_000_000, clinicians: { ...clinicians, recordsPerSecond: 0 } };
  const steady = {
    name: 'x',
    title: 'x',
    batches: steadyFiles(6, 300, 4 * 3_600),
    loadSteps: 1,
    incidents: [],
    config: world,
  } as const;
  const failing = (outcome: ReturnType<typeof simulate>) =>
    checkResult(outcome).flatMap(({ name, passed: holds }) => (holds ? [] : [name]));

  test('a policy that oscillates because it ignores throughput', () => {
    const outcome = simulate({ ...steady, config: { ...world, policy: { ...world.policy, targetUtilization: 1e9 } } });
    expect(countDirectionChanges(outcome)).toBeGreaterThan(4);
    expect(failing(outcome)).toContain('at most two direction changes a load step');
    expect(countDirectionChanges(simulate(steady))).toBe(2);
  });

  test('a policy that never scales in', () => {
    const policy = { ...world.policy, idleDatapoints: 1_000 };
    const outcome = simulate({
      ...steady,
      config: { ...world, policy, autoscaler: { base: 'desired', maxScaleInStep: 0 } },
    });
    expect(scaleInSeconds(outcome)).toBe(Infinity);
    expect(failing(outcome)).toEqual(
      expect.arrayContaining(['back at the minimum 20 minutes after the drain', 'cost within the work and the wait']),
    );
  });

  test('clinicians that wait for a worker to start, because the only worker was killed', () => {
    const policy = { ...world.policy, minWorkers: 1 };
    const incidents = [{ kind: 'kill', atSeconds: 600, workers: 1 }] as const;
    const outcome = simulate({ ...steady, batches: [], incidents, config: { ...world, policy, clinicians } });
    expect(clinicianP99(outcome)).toBeGreaterThan(10);
    expect(failing(outcome)).toEqual(['clinician p99 held']);
    expect(failing(simulate({ ...steady, batches: [], incidents, config: { ...world, clinicians } }))).toEqual([]);
  });

  test('a deployment under load that never ends, because workers protect themselves for every shard', () => {
    const busy = {
      ...steady,
      batches: [{ atSeconds: 300, rows: 8_000_000_000 }],
      incidents: [{ kind: 'deployment', atSeconds: 1_200 }],
    } as const;
    expect(failing(simulate({ ...busy, config: { ...world, protectAfterSeconds: 0 } }))).toContain(
      'deployed within five minutes',
    );
    expect(failing(simulate(busy))).not.toContain('deployed within five minutes');
  });

  test('a shard that takes longer than the two minutes of a stop: its worker is killed and another one scores it', () => {
    const slow = { ...world, rowsPerSecondPerWorker: 5_000 };
    const incidents = [{ kind: 'interruption', atSeconds: 1_000, workers: 2, startSeconds: 60 }] as const;
    const outcome = simulate({ ...steady, batches: [{ atSeconds: 900, rows: 4_000_000 }], incidents, config: slow });
    expect(outcome.doneRows).toBe(4_000_000);
    expect(outcome.drainedAtSeconds).toBeGreaterThan(1_000 + 120 + 60);
  });

  test('a bound that is exceeded', () => {
    const outcome = simulate(steady);
    expect(failing({ ...outcome, peakTasks: 21 })).toContain('within bounds');
    expect(failing({ ...outcome, doneRows: outcome.doneRows - 1 })).toContain('every row done once');
  });
});
