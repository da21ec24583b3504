import fc from 'fast-check';
import { type Datapoint, desiredWorkers, trackedMetric } from './demand';
import { defaultPolicy as policy } from './policy';

const target = policy.targetBacklogRowsPerWorker;
const calm: Datapoint = { backlogRows: 0, oldestJobAgeSeconds: 0, rowsPerSecond: 0, workersRunning: 2 };

describe('the tracked metric', () => {
  test('is the backlog for each running worker', () => {
    expect(trackedMetric(policy, { ...calm, backlogRows: 6 * target, workersRunning: 3 })).toBe(2 * target);
    expect(trackedMetric(policy, { ...calm, backlogRows: 6 * target, workersRunning: 0 })).toBe(6 * target);
    expect(trackedMetric(policy, { ...calm, backlogRows: target / 2, workersRunning: 1 })).toBe(target / 2);
  });

  test('includes throughput, which keeps workers and never adds any', () => {
    const pace = policy.rowsPerSecondPerWorker * policy.targetUtilization;
    expect(trackedMetric(policy, { ...calm, rowsPerSecond: pace })).toBeCloseTo(target / 2);
    expect(trackedMetric(policy, { ...calm, rowsPerSecond: 100 * pace })).toBe(target);
  });

  test('keeps the workers when the oldest job is too old', () => {
    expect(trackedMetric(policy, { ...calm, oldestJobAgeSeconds: policy.oldestAgeSteps[0].fromSeconds })).toBe(target);
  });

  test.each(Object.keys(calm))('is unknown without %s', (figure) => {
    expect(trackedMetric(policy, { ...calm, [figure]: null })).toBeNull();
  });
});

describe('the desired number of workers', () => {
  const datapoints = fc.record({
    backlogRows: fc.integer({ min: 0, max: 1e10 }),
    oldestJobAgeSeconds: fc.integer({ min: 0, max: 10_000 }),
    rowsPerSecond: fc.integer({ min: 0, max: 1e7 }),
    workersRunning: fc.integer({ min: 0, max: 30 }),
  });

  test('stays within the bounds and never falls when an input rises', () => {
    fc.assert(
      fc.property(
        datapoints,
        fc.constantFrom('backlogRows', 'oldestJobAgeSeconds', 'rowsPerSecond'),
        fc.integer({ min: 0, max: 1e9 }),
        (datapoint, figure, more) => {
          const before = desiredWorkers(policy, datapoint);
          const after = desiredWorkers(policy, { ...datapoint, [figure]: datapoint[figure] + more });
          expect(before).toBeGreaterThanOrEqual(policy.minWorkers);
          expect(after).toBeLessThanOrEqual(policy.maxWorkers);
          expect(after).toBeGreaterThanOrEqual(before);
        },
      ),
    );
  });

  test('is the smallest with at most the target for each worker', () => {
    expect(desiredWorkers(policy, { ...calm, backlogRows: 5 * target })).toBe(5);
    expect(desiredWorkers(policy, { ...calm, backlogRows: 5 * target + 1 })).toBe(6);
    expect(desiredWorkers(policy, { ...calm, oldestJobAgeSeconds: policy.oldestAgeSteps[1].fromSeconds })).toBe(
      2 + policy.oldestAgeSteps[1].addWorkers,
    );
    expect(
      desiredWorkers(policy, {
        backlogRows: null,
        oldestJobAgeSeconds: null,
        rowsPerSecond: null,
        workersRunning: null,
      }),
    ).toBe(policy.minWorkers);
  });
});
