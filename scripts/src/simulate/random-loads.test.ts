import { defaultPolicy } from '@cytoqueue/scaling';
import fc from 'fast-check';
import { scaleInSeconds, countDirectionChanges } from './checks';
import type { Scenario } from './scenario';
import { AUTOSCALERS, defaultConfig } from './scenarios';
import { simulate } from './simulation';

const PACE = defaultPolicy.rowsPerSecondPerWorker;
const MINUTE = 60;
/** Coarse shards and no clinicians: a run takes milliseconds. */
const quick = {
  ...defaultConfig,
  shardRows: 1_000_000,
  clinicians: { ...defaultConfig.clinicians, recordsPerSecond: 0 },
};

/** A load, given by the number of workers that it keeps busy and its duration. */
const step = fc.record({
  workers: fc.double({ min: 0, max: 25, noNaN: true }),
  minutes: fc.integer({ min: 30, max: 90 }),
});
const anyWorld = fc.record({
  autoscaler: fc.constantFrom(...Object.values(AUTOSCALERS)),
  // From a little slower than assumed to much faster.
  paceShare: fc.double({ min: 0.9, max: 1.5, noNaN: true }),
  seed: fc.nat(),
});

function scenarioOf(
  steps: readonly { workers: number; minutes: number }[],
  { autoscaler, paceShare, seed }: { autoscaler: Scenario['config']['autoscaler']; paceShare: number; seed: number },
): Scenario {
  let from = 5 * MINUTE;
  const batches = steps.flatMap(({ workers, minutes }) => {
    const files = filesOf(workers * PACE, from, from + minutes * MINUTE);
    from += minutes * MINUTE;
    return files;
  });
  return {
    name: 'random',
    title: 'random',
    batches,
    loadSteps: steps.length,
    incidents: [],
    config: { ...quick, autoscaler, seed, rowsPerSecondPerWorker: PACE * paceShare },
  };
}

/** Files that arrive every ten seconds; their size determines the load. */
function filesOf(rowsPerSecond: number, from: number, to: number): Scenario['batches'] {
  const rows = Math.round(10 * rowsPerSecond);
  return rows === 0
    ? []
    : Array.from({ length: Math.floor((to - from) / 10) }, (_, index) => ({ atSeconds: from + index * 10, rows }));
}

test('a steady load changes the direction of scaling at most twice, however long it lasts', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 25, noNaN: true }),
      fc.integer({ min: 60, max: 360 }),
      anyWorld,
      (workers, minutes, options) => {
        const outcome = simulate(scenarioOf([{ workers, minutes }], options));
        expect(countDirectionChanges(outcome)).toBeLessThanOrEqual(2);
      },
    ),
    { numRuns: 60 },
  );
});

test('any load: the number stays within bounds, changes direction at most twice per step, every row is scored, and it returns to the minimum', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), anyWorld, (steps, options) => {
      const outcome = simulate(scenarioOf(steps, options));
      const { minWorkers, maxWorkers } = defaultPolicy;
      expect(outcome.peakTasks).toBeLessThanOrEqual(maxWorkers);
      expect(outcome.changes.every(({ to }) => to >= minWorkers && to <= maxWorkers)).toBe(true);
      expect(countDirectionChanges(outcome)).toBeLessThanOrEqual(2 * steps.length);
      expect(outcome.doneRows).toBe(outcome.arrivedRows);
      expect(scaleInSeconds(outcome)).toBeLessThanOrEqual(20 * MINUTE);
    }),
    { numRuns: 60 },
  );
});

test('the same seed gives the same run', () => {
  const scenario = scenarioOf([{ workers: 7, minutes: 60 }], {
    autoscaler: defaultConfig.autoscaler,
    paceShare: 1,
    seed: 7,
  });
  expect(simulate(scenario).samples).toEqual(simulate(scenario).samples);
});
