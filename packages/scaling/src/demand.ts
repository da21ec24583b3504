import type { ScalingPolicy } from './policy';

/** What one period showed. Null: no such figure came in. */
export interface Datapoint {
  /** Of the shards' queue: waiting, due and active. */
  readonly backlogRows: number | null;
  readonly oldestJobAgeSeconds: number | null;
  /** Batch rows finished in the period, by the second. */
  readonly rowsPerSecond: number | null;
  readonly workersRunning: number | null;
}

/**
 * The rows for each worker that target tracking holds against the target; null when a figure is unknown.
 * Over the target it is the backlog alone. Below, it also counts what comes in at the present pace, for else a steady load
 * that leaves no backlog would look like none: its workers would be taken away, and come back, for ever. Nothing is taken
 * away either while the oldest job is too old.
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
 * The number of workers that one datapoint calls for, if it stayed like this: without alarms, cooldowns or history.
 * Unknown figures call for nothing; within the bounds in any case.
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

/** Workers to add for a job of that age. */
export function workersToAddForAge({ oldestAgeSteps }: ScalingPolicy, ageSeconds: number): number {
  return oldestAgeSteps.findLast(({ fromSeconds }) => ageSeconds >= fromSeconds)?.addWorkers ?? 0;
}

/** From here on the oldest job is too old. */
export function ageAlarmSeconds({ oldestAgeSteps }: ScalingPolicy): number {
  return oldestAgeSteps[0]?.fromSeconds ?? Number.POSITIVE_INFINITY;
}

/** A pace in rows a second, times this, is the backlog that needs as many workers. */
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
