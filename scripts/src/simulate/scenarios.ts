import { ASSUMPTIONS, type Autoscaler, defaultPolicy } from '@cytoqueue/scaling';
import type { Scenario, SimulationConfig } from './scenario';

const MINUTE = 60;
const HOUR = 3_600;
const MILLION = 1_000_000;
const ROWS_PER_SECOND = defaultPolicy.rowsPerSecondPerWorker;

/**
 * AWS does not document how target tracking counts and how fast it scales in. The policy must work with each variant.
 */
export const AUTOSCALERS = {
  'ratio of desired': { base: 'desired', maxScaleInStep: Infinity },
  'ratio of running': { base: 'running', maxScaleInStep: Infinity },
  'one at a time in': { base: 'desired', maxScaleInStep: 1 },
} satisfies Record<string, Autoscaler>;

export const defaultConfig: SimulationConfig = {
  policy: defaultPolicy,
  autoscaler: AUTOSCALERS['ratio of desired'],
  rowsPerSecondPerWorker: ROWS_PER_SECOND,
  shardRows: 32_768,
  startSeconds: [ASSUMPTIONS.startSeconds - 15, ASSUMPTIONS.startSeconds + 15],
  lagSeconds: [MINUTE, ASSUMPTIONS.metricLagSeconds],
  redeliverySeconds: [60, 75],
  protectAfterSeconds: 20,
  clinicians: {
    recordsPerSecond: 5,
    // As `npm run bench -- --only mixed` measured, on the loaded two cores of 2026-11-24.
    idle: { p50: 0.015, p99: 0.042 },
    busy: { p50: 0.037, p99: 0.113 },
    redeliverySeconds: [5, 7],
    atOncePerWorker: 16,
  },
  seed: 1,
};

const calm = { incidents: [], config: defaultConfig } as const;

/** Files of 10 million rows at a constant rate that this many workers just sustain. */
export function steadyFiles(workers: number, fromSeconds: number, toSeconds: number): Scenario['batches'] {
  const rows = 10 * MILLION;
  const pause = rows / (workers * ROWS_PER_SECOND);
  return Array.from({ length: Math.floor((toSeconds - fromSeconds) / pause) }, (_, index) => ({
    atSeconds: fromSeconds + index * pause,
    rows,
  }));
}

/** Load from 7 to 10 o'clock with a peak at 8:30: files of 5 million rows, at the peak as fast as ten workers score. */
function morning(): Scenario['batches'] {
  const rows = 5 * MILLION;
  const batches: { atSeconds: number; rows: number }[] = [];
  for (let atSeconds = 0, owed = 0; atSeconds < 3 * HOUR; atSeconds += 10) {
    owed += 10 * 10 * ROWS_PER_SECOND * Math.sin((Math.PI * atSeconds) / (3 * HOUR)) ** 2;
    for (; owed >= rows; owed -= rows) batches.push({ atSeconds, rows });
  }
  return batches;
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'morning-peak',
    title: 'Labs’ morning peak: up to the load of ten workers',
    batches: morning(),
    loadSteps: 1,
    ...calm,
  },
  {
    name: 'surprise-10-million',
    title: 'A surprise of 10 million rows',
    batches: [{ atSeconds: 10 * MINUTE, rows: 10 * MILLION }],
    loadSteps: 1,
    ...calm,
  },
  {
    name: 'surprise-500-million',
    title: 'Fifty such files at once: 500 million rows',
    batches: Array.from({ length: 50 }, () => ({ atSeconds: 10 * MINUTE, rows: 10 * MILLION })),
    loadSteps: 1,
    ...calm,
  },
  {
    name: 'worker-loss',
    title: 'A load for five workers; one of the first two is killed, and four at minute 60',
    batches: steadyFiles(5, 5 * MINUTE, 2 * HOUR),
    loadSteps: 2,
    incidents: [
      { kind: 'kill', atSeconds: 3 * MINUTE, workers: 1 },
      { kind: 'kill', atSeconds: HOUR, workers: 4 },
    ],
    config: defaultConfig,
  },
  {
    name: 'metrics-gap',
    title: 'Datapoints three minutes late, and none at all from minute 40 to 60',
    batches: steadyFiles(4, 5 * MINUTE, 45 * MINUTE),
    loadSteps: 1,
    incidents: [{ kind: 'no metrics', atSeconds: 40 * MINUTE, untilSeconds: HOUR }],
    config: { ...defaultConfig, lagSeconds: [ASSUMPTIONS.metricLagSeconds, ASSUMPTIONS.metricLagSeconds] },
  },
  {
    name: 'spot-interruption',
    title: 'A load for five workers; Spot takes four at minute 50, and is scarce',
    batches: steadyFiles(5, 5 * MINUTE, 2 * HOUR),
    loadSteps: 2,
    incidents: [{ kind: 'interruption', atSeconds: 50 * MINUTE, workers: 4, startSeconds: 10 * MINUTE }],
    config: defaultConfig,
  },
  {
    name: 'deployment',
    title: 'A load for five workers; all are replaced by a new version at minute 60',
    batches: steadyFiles(5, 5 * MINUTE, 2 * HOUR),
    loadSteps: 2,
    incidents: [{ kind: 'deployment', atSeconds: HOUR }],
    config: defaultConfig,
  },
  {
    name: 'slow-store',
    title: 'Workers at a fifth of the assumed pace: the age of jobs speaks',
    batches: [{ atSeconds: 5 * MINUTE, rows: 100 * MILLION }],
    loadSteps: 1,
    incidents: [],
    config: { ...defaultConfig, rowsPerSecondPerWorker: ROWS_PER_SECOND / 5 },
  },
];
