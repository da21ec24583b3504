import type { ScalingPolicy } from '@cytoqueue/scaling';
import { AUTOSCALERS, defaultConfig } from '../simulate/scenarios';
import { type SimulationResult, simulate } from '../simulate/simulation';
import type { ControlSample } from './controller';

export interface Run {
  readonly policy: ScalingPolicy;
  readonly samples: readonly ControlSample[];
  /** In the policy's seconds, as all times here. */
  readonly arrivals: readonly { readonly atSeconds: number; readonly rows: number }[];
  readonly shardRows: number;
  /** From the decision until the second worker served. */
  readonly startSeconds: number;
}

export interface Comparison {
  readonly simulated: SimulationResult;
  /** Rows a second of the policy's time, of one worker while it was alone, and of both together. */
  readonly throughputOfOne: number;
  readonly throughputOfBoth: number;
  /** Of the backlog, the mean over all samples, as a share of its highest. */
  readonly meanDifference: number;
  readonly peakRows: { readonly real: number; readonly simulated: number };
  /** Undefined when it did not happen. */
  readonly scaledOutSeconds: { readonly real: number | undefined; readonly simulated: number | undefined };
  readonly scaledInSeconds: { readonly real: number | undefined; readonly simulated: number | undefined };
}

/** The simulator on the load that really came, with the paces that one worker and two were really seen at: does it come to the same? */
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
      // Two that share two cores with the API and Redis are not twice one; whatever else runs on the machine shows here too.
      rowsPerSecondPerWorker: throughputOfOne,
      rowsPerSecondTogether: throughputOfBoth,
      shardRows,
      startSeconds: [startSeconds, startSeconds],
      // The queue's figures are up to a second old, which is a period.
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

/** Between samples with a backlog and that many workers. */
function throughputWhile(samples: readonly ControlSample[], isCounted: (sample: ControlSample) => boolean): number {
  let rows = 0;
  let seconds = 0;
  samples.slice(1).forEach((sample, index) => {
    const before = samples[index];
    if (!isCounted(before) || !isCounted(sample) || !before.backlogRows || !sample.backlogRows) return;
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

/** When one worker was left again. */
function changeBack(samples: readonly Counted[]): number | undefined {
  const outSeconds = changeTo(samples, 2);
  return outSeconds === undefined
    ? undefined
    : samples.find(({ atSeconds, running }) => atSeconds > outSeconds && running === 1)?.atSeconds;
}
