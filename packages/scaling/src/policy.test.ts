import { ASSUMPTIONS, defaultPolicy, derivePolicy, measuredThroughput } from './policy';

test('the defaults follow from what was measured', () => {
  const pace = Math.round(measuredThroughput.worker * ASSUMPTIONS.deploymentShare);
  expect(defaultPolicy.targetBacklogRowsPerWorker).toBe(pace * ASSUMPTIONS.drainSeconds);
  expect(defaultPolicy.scaleOutCooldownSeconds).toBe(60 + ASSUMPTIONS.startSeconds + ASSUMPTIONS.metricLagSeconds);
});

test('the measured throughput is plausible', () => {
  expect(measuredThroughput.worker).toBeGreaterThan(10_000);
  expect(measuredThroughput.worker).toBeGreaterThanOrEqual(measuredThroughput.service);
});

test('the steps on age ascend without gaps', () => {
  const { oldestAgeSteps } = derivePolicy({ ...ASSUMPTIONS, rowsPerSecondPerWorker: 1 });
  oldestAgeSteps.forEach(({ fromSeconds, toSeconds, addWorkers }, index) => {
    expect(toSeconds).toBe(oldestAgeSteps[index + 1]?.fromSeconds);
    expect(addWorkers).toBeGreaterThan(oldestAgeSteps[index - 1]?.addWorkers ?? 0);
    expect(fromSeconds).toBeGreaterThan(oldestAgeSteps[index - 1]?.fromSeconds ?? 0);
  });
});
