import throughput from './throughput.json';

/** The scaling policy. The simulator, the local controller and the AWS settings all use it. */
export interface ScalingPolicy {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** Scale out above this number of backlog rows per running worker. */
  readonly targetBacklogRowsPerWorker: number;
  /** Rows per second of one busy worker in the deployment. */
  readonly rowsPerSecondPerWorker: number;
  /** Target utilisation of the workers under a steady load, which needs workers although it leaves no backlog. */
  readonly targetUtilization: number;
  readonly scaleOutCooldownSeconds: number;
  readonly scaleInCooldownSeconds: number;
  /** Workers to add by the oldest job's age, for any backlog: the throughput is lower than assumed. Ascending, without gaps. */
  readonly oldestAgeSteps: readonly OldestAgeStep[];
  /** Consecutive datapoints above the first step that trigger it. */
  readonly oldestAgeDatapoints: number;
  /** Consecutive datapoints without backlog that set the minimum. */
  readonly idleDatapoints: number;
  /** The time between two datapoints. */
  readonly periodSeconds: number;
}

export interface OldestAgeStep {
  readonly fromSeconds: number;
  /** Absent in the last step. */
  readonly toSeconds?: number;
  readonly addWorkers: number;
}

export interface ScalingGoals {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** Rows per second of one worker in the deployment. */
  readonly rowsPerSecondPerWorker: number;
  /** A backlog that the running workers finish in this time needs no additional worker. */
  readonly drainSeconds: number;
  /** Time from the decision until a new worker takes jobs. */
  readonly startSeconds: number;
  /** Maximum time from the end of a period until its datapoint is visible. */
  readonly metricLagSeconds: number;
}

const PERIOD_SECONDS = 60;
const TARGET_UTILIZATION = 0.8;

/** Assumptions that were not measured: how the deployment differs from the benchmark machine, and how long labs accept to wait. */
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

/** Measured by `npm run bench -- --only batch --write-scaling`: rows per second of one worker with one thread. */
export const measuredThroughput = {
  /** While it scores and finalizes. */
  worker: throughput.rows_per_second.worker,
  /** From the first byte uploaded to the last one downloaded. */
  service: throughput.rows_per_second.service,
} as const;

/** Computes the policy from goals and measurements. */
export function derivePolicy(goals: ScalingGoals): ScalingPolicy {
  const { minWorkers, maxWorkers, rowsPerSecondPerWorker, drainSeconds, startSeconds, metricLagSeconds } = goals;
  return {
    minWorkers,
    maxWorkers,
    targetBacklogRowsPerWorker: Math.round(rowsPerSecondPerWorker * drainSeconds),
    rowsPerSecondPerWorker,
    targetUtilization: TARGET_UTILIZATION,
    // Until then no datapoint counts the new workers, so an earlier decision would add them twice.
    scaleOutCooldownSeconds: startSeconds + metricLagSeconds + PERIOD_SECONDS,
    scaleInCooldownSeconds: startSeconds + metricLagSeconds + PERIOD_SECONDS,
    // With the assumed throughput and a backlog below the target no job gets this old.
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
