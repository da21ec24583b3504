import fc from 'fast-check';
import {
  type Autoscaler,
  type Decision,
  type ScalerState,
  TARGET_TRACKING,
  evaluatePolicy,
  initialState,
} from './evaluate-policy';
import type { Datapoint } from './demand';
import { defaultPolicy as policy } from './policy';

const PERIOD = policy.periodSeconds;
const target = policy.targetBacklogRowsPerWorker;
const running: Autoscaler = { base: 'running', maxScaleInStep: Infinity };
const desired: Autoscaler = { base: 'desired', maxScaleInStep: Infinity };
const calm: Datapoint = { backlogRows: 0, oldestJobAgeSeconds: 0, rowsPerSecond: 0, workersRunning: 2 };
const high: Datapoint = { ...calm, backlogRows: 6 * target };
/** A low load: some backlog, far below what the workers can score. */
const low: Datapoint = { ...calm, backlogRows: target / 10 };

/** Evaluates one datapoint per period; its number of running workers is used. */
function run(
  datapoints: readonly (Datapoint | null)[],
  autoscaler = running,
  from: ScalerState = initialState(policy),
  atSeconds = 0,
): Decision[] {
  let state = from;
  return datapoints.map((datapoint, index) => {
    const decision = evaluatePolicy(policy, state, datapoint, atSeconds + index * PERIOD, autoscaler);
    state = decision;
    return decision;
  });
}
const repeat = <T>(value: T, times: number): T[] => Array.from({ length: times }, () => value);
const counts = (decisions: readonly Decision[]) => decisions.map((decision) => decision.desired);
const withWorkers = (workers: number): ScalerState => ({ ...initialState(policy), desired: workers });

test('three datapoints above the target scale out by as much as is needed', () => {
  expect(counts(run(repeat(high, 4)))).toEqual([2, 2, 6, 6]);
  expect(run(repeat(high, 3))[2].reason).toBe('backlog');
});

test('a datapoint below the target, or a missing one, restarts the count', () => {
  expect(counts(run([high, high, calm, high, high, high]))).toEqual([2, 2, 2, 2, 2, 6]);
  expect(counts(run([high, high, null, high, high, high]))).toEqual([2, 2, 2, 2, 2, 6]);
});

test('workers that are starting are not started twice, whichever count AWS multiplies', () => {
  for (const autoscaler of [running, desired]) expect(counts(run(repeat(high, 7), autoscaler)).at(-1)).toBe(6);
});

test('a backlog that grows meanwhile adds more workers at once', () => {
  const decisions = run([...repeat(high, 3), { ...high, backlogRows: 9 * target }], desired);
  expect(counts(decisions)).toEqual([2, 2, 6, 9]);
});

test('never beyond the bounds', () => {
  expect(counts(run(repeat({ ...high, backlogRows: 1e12 }, 3))).at(-1)).toBe(policy.maxWorkers);
});

test('fifteen datapoints of low load scale in as far as the target allows', () => {
  const decisions = run(repeat({ ...low, workersRunning: 6, backlogRows: 3.5 * target }, 15), running, withWorkers(6));
  expect(counts(decisions)).toEqual([...repeat(6, 14), 4]);
  expect(decisions.at(-1)?.reason).toBe('less load');
});

test('a load just below the target does not', () => {
  const almost = { ...low, workersRunning: 6, backlogRows: 6 * target * TARGET_TRACKING.scaleInBelow };
  expect(counts(run(repeat(almost, 30), running, withWorkers(6))).at(-1)).toBe(6);
});

test('gradually, when AWS does', () => {
  const decisions = run(
    repeat({ ...low, workersRunning: 6 }, 21),
    { base: 'desired', maxScaleInStep: 1 },
    withWorkers(6),
  );
  expect(counts(decisions).slice(13)).toEqual([6, 5, 5, 5, 5, 5, 4, 4]);
});

test('ten datapoints without backlog scale in to the minimum at once', () => {
  const decisions = run(
    repeat({ ...calm, workersRunning: 9 }, 10),
    { base: 'desired', maxScaleInStep: 1 },
    withWorkers(9),
  );
  expect(counts(decisions)).toEqual([...repeat(9, 9), 2]);
  expect(decisions[9].reason).toBe('idle');
});

test('missing data never scales in', () => {
  expect(counts(run(repeat(null, 100), running, withWorkers(9))).at(-1)).toBe(9);
  const halves = Array.from({ length: 100 }, (_, index) => (index % 9 === 8 ? null : calm));
  expect(counts(run(halves, running, withWorkers(9))).at(-1)).toBe(9);
  expect(counts(run(repeat({ ...low, rowsPerSecond: null }, 100), running, withWorkers(9))).at(-1)).toBe(9);
  expect(counts(run(repeat({ ...low, oldestJobAgeSeconds: null }, 100), running, withWorkers(9))).at(-1)).toBe(9);
});

test('an old job adds workers by the step, once per cooldown, and keeps the existing ones', () => {
  const old = { ...low, oldestJobAgeSeconds: policy.oldestAgeSteps[0].fromSeconds };
  const decisions = run(repeat(old, 7));
  expect(counts(decisions)).toEqual([2, 3, 3, 3, 3, 3, 4]);
  expect(decisions[1].reason).toBe('oldest age');
  expect(counts(run(repeat({ ...old, oldestJobAgeSeconds: policy.oldestAgeSteps[1].fromSeconds }, 2)))).toEqual([2, 5]);
});

test('a load without backlog keeps the workers that it needs', () => {
  const steady = { ...calm, backlogRows: 1, workersRunning: 6, rowsPerSecond: 4 * policy.rowsPerSecondPerWorker };
  expect(counts(run(repeat(steady, 60), running, withWorkers(8))).at(-1)).toBeGreaterThanOrEqual(5);
});

test('scaling out during the cooldown of scaling in happens at once', () => {
  const scaledIn = run(repeat({ ...low, workersRunning: 6 }, 15), running, withWorkers(6)).at(-1) as Decision;
  expect(counts(run(repeat(high, 3), running, scaledIn, 15 * PERIOD)).at(-1)).toBe(6);
});

describe('whatever the datapoints', () => {
  const figure = (max: number) => fc.option(fc.integer({ min: 0, max }), { freq: 8 });
  const datapoint = fc.record({
    backlogRows: figure(30 * target),
    oldestJobAgeSeconds: figure(2_000),
    rowsPerSecond: figure(5e6),
    workersRunning: figure(25),
  });
  const autoscaler = fc.record({
    base: fc.constantFrom('desired' as const, 'running' as const),
    maxScaleInStep: fc.constantFrom(1, 5, Infinity),
  });
  const bounds = fc
    .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 30 }))
    .map(([min, more]) => ({ ...policy, minWorkers: min, maxWorkers: min + more }));

  test('the number stays within the bounds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(datapoint, { freq: 8 }), { maxLength: 60 }),
        autoscaler,
        bounds,
        (datapoints, how, { minWorkers, maxWorkers, ...rest }) => {
          const bounded = { ...rest, minWorkers, maxWorkers };
          let state = initialState(bounded);
          datapoints.forEach((point, index) => {
            state = evaluatePolicy(bounded, state, point, index * PERIOD, how);
            expect(state.desired).toBeGreaterThanOrEqual(minWorkers);
            expect(state.desired).toBeLessThanOrEqual(maxWorkers);
          });
        },
      ),
    );
  });

  test('it falls only after enough datapoints that all have a backlog', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(datapoint, { freq: 5 }), { minLength: 20, maxLength: 60 }),
        autoscaler,
        fc.integer({ min: 2, max: 20 }),
        (datapoints, how, start) => {
          const decisions = run(datapoints, how, withWorkers(start));
          const falls = decisions.flatMap(({ desired: now }, index) =>
            now < (decisions[index - 1]?.desired ?? start) ? [index] : [],
          );
          for (const at of falls)
            expect(
              datapoints
                .slice(at + 1 - policy.idleDatapoints, at + 1)
                .every((point) => point?.backlogRows !== null && point !== null),
            ).toBe(true);
        },
      ),
    );
  });

  test('a larger backlog never gives fewer workers', () => {
    const rising = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 30 * target }), fc.integer({ min: 0, max: 30 * target })),
      { maxLength: policy.idleDatapoints - 1 },
    );
    fc.assert(
      fc.property(rising, autoscaler, (pairs, how) => {
        const less = run(
          pairs.map(([rows]) => ({ ...calm, backlogRows: rows })),
          how,
        );
        const more = run(
          pairs.map(([rows, extra]) => ({ ...calm, backlogRows: rows + extra })),
          how,
        );
        less.forEach((decision, index) => expect(more[index].desired).toBeGreaterThanOrEqual(decision.desired));
      }),
    );
  });
});
