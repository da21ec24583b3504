import throughput from './throughput.json';

/** How many workers there should be, as numbers. Every decision reads them from here: the simulator's, the local controller's, AWS's. */
export interface ScalingPolicy {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** More rows than this waiting or active for each running worker call for more workers. */
  readonly targetBacklogRowsPerWorker: number;
  /** What one worker that is never idle does where the policy is used, in rows a second. */
  readonly rowsPerSecondPerWorker: number;
  /** The share of that pace which a steady load may use: workers that it needs are not taken away while there is no backlog. */
  readonly targetUtilization: number;
  readonly scaleOutCooldownSeconds: number;
  readonly scaleInCooldownSeconds: number;
  /** Workers to add when the oldest job is of such an age, whatever the backlog: the pace is not what was assumed. Ascending, without gaps. */
  readonly oldestAgeSteps: readonly OldestAgeStep[];
  /** So many datapoints in a row over the first step begin it. */
  readonly oldestAgeDatapoints: number;
  /** So many datapoints in a row without any backlog lead back to the minimum in one step. */
  readonly idleDatapoints: number;
  /** The time between two datapoints. */
  readonly periodSeconds: number;
}

export interface OldestAgeStep {
  readonly fromSeconds: number;
  /** Absent in the last one. */
  readonly toSeconds?: number;
  readonly addWorkers: number;
}

export interface ScalingGoals {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** Of one worker where the policy is used. */
  readonly rowsPerSecondPerWorker: number;
  /** A backlog that the running workers finish in this time needs no more of them. */
  readonly drainSeconds: number;
  /** From the decision until a new worker takes jobs. */
  readonly startSeconds: number;
  /** From the end of a period until its datapoint is seen, at worst. */
  readonly metricLagSeconds: number;
}

const PERIOD_SECONDS = 60;
const TARGET_UTILIZATION = 0.8;

/** What nobody has measured yet: how the deployment differs from the machine of the benchmark, and what labs put up with. */
export const ASSUMPTIONS = {
  /** A Fargate vCPU is one hyperthread, and the store is S3 instead of a local disk. */
  deploymentShare: 0.5,
  drainSeconds: 120,
  startSeconds: 60,
  metricLagSeconds: 180,
  /** Two zones, and a second worker for clinicians while a killed one is replaced. */
  minWorkers: 2,
  maxWorkers: 20,
} as const;

/** The figures of `npm run bench -- --only batch --write-scaling`: one worker with one thread, in rows a second. */
export const measuredThroughput = {
  /** While it scores and finalizes. */
  worker: throughput.rows_per_second.worker,
  /** From the first byte uploaded to the last one downloaded. */
  service: throughput.rows_per_second.service,
} as const;

/** The formulas. */
export function derivePolicy(goals: ScalingGoals): ScalingPolicy {
  const { minWorkers, maxWorkers, rowsPerSecondPerWorker, drainSeconds, startSeconds, metricLagSeconds } = goals;
  return {
    minWorkers,
    maxWorkers,
    targetBacklogRowsPerWorker: Math.round(rowsPerSecondPerWorker * drainSeconds),
    rowsPerSecondPerWorker,
    targetUtilization: TARGET_UTILIZATION,
    // By then the new workers run and a datapoint has been seen that counts them: deciding sooner would add them twice.
    scaleOutCooldownSeconds: startSeconds + metricLagSeconds + PERIOD_SECONDS,
    scaleInCooldownSeconds: startSeconds + metricLagSeconds + PERIOD_SECONDS,
    // Beyond what a backlog below the target, met by the slowest reaction, can explain.
    oldestAgeSteps: [
      { fromSeconds: 5 * drainSeconds, toSeconds: 10 * drainSeconds, addWorkers: 1 },
      { fromSeconds: 10 * drainSeconds, addWorkers: 3 },
    ],
    oldestAgeDatapoints: 2,
    idleDatapoints: 10,
    periodSeconds: PERIOD_SECONDS,
  };
}

/** For the deployment: workers of one vCPU with one scoring thread each. */
export const defaultPolicy: ScalingPolicy = derivePolicy({
  ...ASSUMPTIONS,
  rowsPerSecondPerWorker: Math.round(measuredThroughput.worker * ASSUMPTIONS.deploymentShare),
});
