import type { ControlSample } from './controller';
import { compareWithSimulation } from './replay';
import { checkWorkers, demoPolicy } from './run-scale';

beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
});
afterEach(() => jest.restoreAllMocks());

const counts = (...running: number[]) => running.map((count) => ({ running: count, alive: count }));

test('only a run from one worker to two and back to one is accepted', () => {
  expect(() => checkWorkers(counts(1, 1, 2, 2, 1))).not.toThrow();
  expect(() => checkWorkers(counts(1, 1))).toThrow('the workers were 1, not 1 → 2 → 1');
  expect(() => checkWorkers(counts(1, 2))).toThrow('the workers were 1 → 2, not');
  expect(() => checkWorkers(counts(1, 2, 1, 2, 1))).toThrow('the workers were 1 → 2 → 1 → 2 → 1, not');
  expect(() => checkWorkers(counts(1, 2, 1).map(({ running }) => ({ running, alive: 1 })))).toThrow('never reported');
});

describe('the comparison with the simulator', () => {
  const policy = demoPolicy();
  const pace = policy.rowsPerSecondPerWorker;
  const arrivals = [{ atSeconds: 0, rows: 8 * policy.targetBacklogRowsPerWorker }];
  const total = arrivals[0].rows;

  /**
   * An ideal run: the second worker starts after four periods and doubles the throughput.
   */
  function samplesOf(seconds: number): ControlSample[] {
    let backlogRows = total;
    return Array.from({ length: seconds }, (_, index) => {
      const running = index >= 4 && index < 34 ? 2 : 1;
      backlogRows = Math.max(0, backlogRows - running * pace * 60);
      return {
        atSeconds: (index + 1) * 60,
        backlogRows,
        doneRows: total - backlogRows,
        desired: running,
        running,
        alive: running,
      };
    });
  }

  test('finds little difference between an ideal run and the simulator', () => {
    const {
      throughputOfOne: paceOfOne,
      throughputOfBoth: paceOfBoth,
      meanDifference,
      scaledOutSeconds,
    } = compareWithSimulation({ policy, samples: samplesOf(40), arrivals, shardRows: 32_768, startSeconds: 60 });
    expect(paceOfOne / pace).toBeCloseTo(1);
    expect(paceOfBoth / pace).toBeCloseTo(2);
    expect(meanDifference).toBeLessThan(0.05);
    expect(Math.abs((scaledOutSeconds.real ?? 0) - (scaledOutSeconds.simulated ?? 0))).toBeLessThanOrEqual(120);
  });

  test('finds a large difference otherwise', () => {
    const stuck = samplesOf(40).map((sample, index) =>
      index < 10 ? sample : { ...sample, backlogRows: total, doneRows: 0 },
    );
    expect(
      compareWithSimulation({ policy, samples: stuck, arrivals, shardRows: 32_768, startSeconds: 60 }).meanDifference,
    ).toBeGreaterThan(0.3);
  });
});
