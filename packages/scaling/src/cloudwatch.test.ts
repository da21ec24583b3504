import { Script, createContext } from 'node:vm';
import fc from 'fast-check';
import { type MetricQuery, cloudWatchScaling } from './cloudwatch';
import { type Datapoint, trackedMetric } from './demand';
import { defaultPolicy } from './policy';

const { targetTracking, oldestAge, idle } = cloudWatchScaling(defaultPolicy);
const { expression } = targetTracking.metrics.find(({ id }) => id === 'tracked') as Extract<
  MetricQuery,
  { expression: string }
>;

/** But for this function the expression is JavaScript as it stands. */
const context = createContext({
  IF: (condition: boolean, then: number, otherwise: number) => (condition ? then : otherwise),
});
const script = new Script(expression);

/** Evaluates the expression for one datapoint, as CloudWatch does; null when a metric is missing. */
function evaluate({ backlogRows, oldestJobAgeSeconds, rowsPerSecond, workersRunning }: Datapoint): number | null {
  if (backlogRows === null || oldestJobAgeSeconds === null || rowsPerSecond === null || workersRunning === null)
    return null;
  const predicted = rowsPerSecond * defaultPolicy.periodSeconds;
  return script.runInContext(
    Object.assign(context, { backlog: backlogRows, age: oldestJobAgeSeconds, predicted, workers: workersRunning }),
  ) as number;
}

/** No metric is below nothing. */
const NONE = -1;
const figure = (max: number) => fc.option(fc.integer({ min: 0, max }), { freq: 6 });

test('the metric math equals the tracked metric, also for missing datapoints', () => {
  const datapoints = fc.record({
    backlogRows: figure(2e9),
    oldestJobAgeSeconds: figure(2_000),
    rowsPerSecond: figure(4e6),
    workersRunning: figure(25),
  });
  fc.assert(
    fc.property(datapoints, (datapoint) => {
      const [found, expected] = [evaluate(datapoint) ?? NONE, trackedMetric(defaultPolicy, datapoint) ?? NONE];
      expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-3 * Math.max(1, expected));
    }),
    { numRuns: 2_000 },
  );
});

test('the expression refers to every metric, has no exponent and is short enough', () => {
  for (const { id } of targetTracking.metrics.filter(({ returnData }) => !returnData)) expect(expression).toContain(id);
  expect(expression).not.toMatch(/\de[+\d]/);
  expect(expression.length).toBeLessThan(1_024);
  expect(targetTracking.metrics.filter(({ returnData }) => returnData)).toHaveLength(1);
});

test('the steps on age begin at the threshold, end at each other and have no end', () => {
  expect(oldestAge.steps[0].lowerBound).toBe(0);
  oldestAge.steps.forEach(({ upperBound }, index) => expect(upperBound).toBe(oldestAge.steps[index + 1]?.lowerBound));
  expect(oldestAge).toMatchObject({
    threshold: defaultPolicy.oldestAgeSteps[0].fromSeconds,
    adjustmentType: 'ChangeInCapacity',
    treatMissingData: 'notBreaching',
  });
});

test('idle sets the minimum, and missing data does not', () => {
  expect(idle).toMatchObject({
    threshold: 0,
    steps: [{ upperBound: 0, adjustment: defaultPolicy.minWorkers }],
    adjustmentType: 'ExactCapacity',
    treatMissingData: 'notBreaching',
  });
});
