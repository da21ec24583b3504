import type { ScalingPolicy } from './policy';

/** Metrics of one period. Null: missing data. */
export interface Datapoint {
  /** Rows in the shards queue: waiting, delayed and active. */
  readonly backlogRows: number | null;
  readonly oldestJobAgeSeconds: number | null;
  /** Batch rows finished per second in the period. */
  readonly rowsPerSecond: number | null;
  readonly workersRunning: number | null;
}

/**
 * Rows per worker, which target tracking compares with the target; null when a metric is missing. Above the target it is the
 * backlog alone. Below the target arrivals count too; otherwise a steady load without backlog would scale in and out repeatedly.
 * While the oldest job is too old, the value prevents scaling in.
 */
export function trackedMetric(
  policy: ScalingPolicy,
  { backlogRows, oldestJobAgeSeconds, rowsPerSecond, workersRunning }: Datapoint,
): number | null {
  if (backlogRows === null || oldestJobAgeSeconds === null || rowsPerSecond === null || workersRunning === null)
    return null;
  const target = policy.targetBacklogRowsPerWorker;
  const workers = Math.max(1, workersRunning);
  if (backlogRows / workers > target) return backlogRows / workers;
  if (oldestJobAgeSeconds >= ageAlarmSeconds(policy)) return target;
  return Math.min(target, (backlogRows + rowsPerSecond * backlogSecondsAtThroughput(policy)) / workers);
}

/**
 * The number of workers for a constant load, without alarms, cooldowns or history. A missing metric counts as 0. Always within
 * the policy's bounds.
 */
export function desiredWorkers(
  policy: ScalingPolicy,
  { backlogRows, oldestJobAgeSeconds, rowsPerSecond, workersRunning }: Datapoint,
): number {
  const forBacklog = Math.ceil((backlogRows ?? 0) / policy.targetBacklogRowsPerWorker);
  const forThroughput = Math.ceil((rowsPerSecond ?? 0) / (policy.rowsPerSecondPerWorker * policy.targetUtilization));
  const added = workersToAddForAge(policy, oldestJobAgeSeconds ?? 0);
  const forAge = added === 0 ? 0 : (workersRunning ?? 0) + added;
  return withinBounds(policy, Math.max(forBacklog, forThroughput, forAge));
}

/** Workers to add when the oldest job has this age. */
export function workersToAddForAge({ oldestAgeSteps }: ScalingPolicy, ageSeconds: number): number {
  return oldestAgeSteps.findLast(({ fromSeconds }) => ageSeconds >= fromSeconds)?.addWorkers ?? 0;
}

/** Age from which the oldest job is too old. */
export function ageAlarmSeconds({ oldestAgeSteps }: ScalingPolicy): number {
  return oldestAgeSteps[0]?.fromSeconds ?? Number.POSITIVE_INFINITY;
}

/** Converts a throughput to the backlog that needs the same number of workers. */
export function backlogSecondsAtThroughput({
  targetBacklogRowsPerWorker,
  rowsPerSecondPerWorker,
  targetUtilization,
}: ScalingPolicy): number {
  return targetBacklogRowsPerWorker / (rowsPerSecondPerWorker * targetUtilization);
}

export function withinBounds({ minWorkers, maxWorkers }: ScalingPolicy, workers: number): number {
  return Math.min(maxWorkers, Math.max(minWorkers, workers));
}
