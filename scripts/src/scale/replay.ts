import type { ScalingPolicy } from '@cytoqueue/scaling';
import { AUTOSCALERS, defaultConfig } from '../simulate/scenarios';
import { type SimulationResult, simulate } from '../simulate/simulation';
import type { ControlSample } from './controller';

export interface Run {
  readonly policy: ScalingPolicy;
  readonly samples: readonly ControlSample[];
  /** The policy's seconds, like all times here. */
  readonly arrivals: readonly { readonly atSeconds: number; readonly rows: number }[];
  readonly shardRows: number;
  /** Time from the decision until the second worker was up. */
  readonly startSeconds: number;
}

export interface Comparison {
  readonly simulated: SimulationResult;
  /** Rows per second of the policy's time, of one worker alone and of both together. */
  readonly throughputOfOne: number;
  readonly throughputOfBoth: number;
  /** Mean difference of the backlog over all samples, as a share of its maximum. */
  readonly meanDifference: number;
  readonly peakRows: { readonly real: number; readonly simulated: number };
  /** Undefined when it did not happen. */
  readonly scaledOutSeconds: { readonly real: number | undefined; readonly simulated: number | undefined };
  readonly scaledInSeconds: { readonly real: number | undefined; readonly simulated: number | undefined };
}

/**
 * Replays the observed load in the simulator with the observed throughput of one and two workers, to compare both runs.
 */
export function compareWithSimulation(run: Run): Comparison {
  const { policy, samples, arrivals, shardRows, startSeconds } = run;
  const throughputOfOne = throughputWhile(samples, ({ running }) => running === 1) || policy.rowsPerSecondPerWorker;
  const throughputOfBoth = throughputWhile(samples, ({ running }) => running === 2) || 2 * throughputOfOne;
  const simulated = simulate({
    name: 'demo-scale',
    title: 'demo:scale',
    batches: arrivals,
    loadSteps: 1,
    incidents: [],
    config: {
      ...defaultConfig,
      policy,
      autoscaler: AUTOSCALERS['ratio of running'],
      // Two workers that share two cores with the API and Redis are less than twice as fast as one.
      rowsPerSecondPerWorker: throughputOfOne,
      rowsPerSecondTogether: throughputOfBoth,
      shardRows,
      startSeconds: [startSeconds, startSeconds],
      // The queue's numbers are up to a second old, which is one period.
      lagSeconds: [0, policy.periodSeconds],
      clinicians: { ...defaultConfig.clinicians, recordsPerSecond: 0 },
    },
  });
  const peakRows = { real: highest(samples), simulated: highest(simulated.samples) };
  const differences = samples.flatMap(({ atSeconds, backlogRows }) =>
    backlogRows === null ? [] : [Math.abs(backlogRows - backlogAt(simulated, atSeconds))],
  );
  return {
    simulated,
    throughputOfOne,
    throughputOfBoth,
    meanDifference: differences.reduce((sum, difference) => sum + difference, 0) / differences.length / peakRows.real,
    peakRows,
    scaledOutSeconds: { real: changeTo(samples, 2), simulated: changeTo(simulated.samples, 2) },
    scaledInSeconds: { real: changeBack(samples), simulated: changeBack(simulated.samples) },
  };
}

type Counted = Pick<ControlSample, 'atSeconds' | 'running' | 'backlogRows'>;

/** Rate between samples with a backlog and this many workers. */
function throughputWhile(samples: readonly ControlSample[], isCounted: (sample: ControlSample) => boolean): number {
  let rows = 0;
  let seconds = 0;
  samples.slice(1).forEach((sample, index) => {
    const before = samples[index];
    if (before === undefined || !isCounted(before) || !isCounted(sample) || !before.backlogRows || !sample.backlogRows)
      return;
    rows += sample.doneRows - before.doneRows;
    seconds += sample.atSeconds - before.atSeconds;
  });
  return seconds === 0 ? 0 : rows / seconds;
}

function backlogAt({ samples }: SimulationResult, atSeconds: number): number {
  return samples.findLast((sample) => sample.atSeconds <= atSeconds)?.backlogRows ?? 0;
}

function highest(samples: readonly Counted[]): number {
  return Math.max(0, ...samples.map(({ backlogRows }) => backlogRows ?? 0));
}

function changeTo(samples: readonly Counted[], workers: number): number | undefined {
  return samples.find(({ running }) => running === workers)?.atSeconds;
}

/** Time when one worker was left. */
function changeBack(samples: readonly Counted[]): number | undefined {
  const outSeconds = changeTo(samples, 2);
  return outSeconds === undefined
    ? undefined
    : samples.find(({ atSeconds, running }) => atSeconds > outSeconds && running === 1)?.atSeconds;
}
