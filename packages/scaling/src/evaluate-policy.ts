import { type Datapoint, ageAlarmSeconds, workersToAddForAge, trackedMetric, withinBounds } from './demand';
import type { ScalingPolicy } from './policy';

/** The alarms that AWS creates for target tracking: consecutive datapoints, and the share of the target below which it scales in. */
export const TARGET_TRACKING = { scaleOutDatapoints: 3, scaleInDatapoints: 15, scaleInBelow: 0.9 } as const;

/** Unpublished behaviour of AWS target tracking; the simulator tests the extremes. */
export interface Autoscaler {
  /** The worker count that is multiplied by metric / target. */
  readonly base: 'desired' | 'running';
  /** Maximum number of workers removed at once. */
  readonly maxScaleInStep: number;
}

export interface ScalerState {
  readonly desired: number;
  /** Newest last; as many as the longest alarm needs. */
  readonly datapoints: readonly Datapoint[];
  readonly tracking: Cooldown | undefined;
  readonly age: Cooldown | undefined;
  readonly scaledInAtSeconds: number | undefined;
}

/** Cooldown after scaling out. Additions during it count from its start, so that no worker is added twice. */
interface Cooldown {
  readonly sinceSeconds: number;
  readonly from: number;
}

export interface Decision extends ScalerState {
  readonly reason: 'backlog' | 'oldest age' | 'less load' | 'idle' | 'none';
}

const MISSING: Datapoint = { backlogRows: null, oldestJobAgeSeconds: null, rowsPerSecond: null, workersRunning: null };

export function initialState({ minWorkers }: ScalingPolicy): ScalerState {
  return { desired: minWorkers, datapoints: [], tracking: undefined, age: undefined, scaledInAtSeconds: undefined };
}

/**
 * Evaluates all alarms for a new datapoint and returns the next state with the desired number of workers. The larger number wins.
 * A missing datapoint interrupts an alarm's consecutive datapoints, so missing data never scales in.
 * @param datapoint null when it is missing
 */
export function evaluatePolicy(
  policy: ScalingPolicy,
  state: ScalerState,
  datapoint: Datapoint | null,
  nowSeconds: number,
  autoscaler: Autoscaler,
): Decision {
  const kept = Math.max(TARGET_TRACKING.scaleInDatapoints, policy.idleDatapoints, policy.oldestAgeDatapoints);
  const seen = { ...state, datapoints: [...state.datapoints, datapoint ?? MISSING].slice(-kept) };
  const forBacklog = scaledOutForBacklog(policy, seen, nowSeconds, autoscaler);
  const forAge = scaledOutForAge(policy, seen, nowSeconds);
  if (Math.max(forBacklog, forAge) > state.desired) return scaleOut(policy, seen, nowSeconds, { forBacklog, forAge });
  if (isCoolingDown(policy, seen, nowSeconds)) return { ...seen, reason: 'none' };
  const lessLoad = scaledIn(policy, seen, autoscaler);
  const desired = isIdle(policy, seen) ? policy.minWorkers : lessLoad;
  if (desired >= state.desired) return { ...seen, reason: 'none' };
  return { ...seen, desired, scaledInAtSeconds: nowSeconds, reason: desired < lessLoad ? 'idle' : 'less load' };
}

/** Target tracking, high alarm. Returns the current number when the alarm is off. */
function scaledOutForBacklog(
  policy: ScalingPolicy,
  { desired, datapoints, tracking }: ScalerState,
  nowSeconds: number,
  { base }: Autoscaler,
): number {
  const target = policy.targetBacklogRowsPerWorker;
  if (
    !lastAll(datapoints, TARGET_TRACKING.scaleOutDatapoints, (point) => isAbove(trackedMetric(policy, point), target))
  )
    return desired;
  const newest = newestOf(datapoints);
  const from =
    base === 'running' ? Math.max(1, newest.workersRunning ?? 1) : cooldownBase(tracking, desired, policy, nowSeconds);
  return Math.max(
    desired,
    withinBounds(policy, Math.ceil((from * (trackedMetric(policy, newest) ?? target)) / target)),
  );
}

/** Step scaling on age. During its cooldown it adds to the number at the cooldown's start. */
function scaledOutForAge(policy: ScalingPolicy, { desired, datapoints, age }: ScalerState, nowSeconds: number): number {
  const alarmSeconds = ageAlarmSeconds(policy);
  if (
    !lastAll(
      datapoints,
      policy.oldestAgeDatapoints,
      ({ oldestJobAgeSeconds }) => (oldestJobAgeSeconds ?? 0) >= alarmSeconds,
    )
  )
    return desired;
  const added = workersToAddForAge(policy, newestOf(datapoints).oldestJobAgeSeconds ?? 0);
  return Math.max(desired, withinBounds(policy, cooldownBase(age, desired, policy, nowSeconds) + added));
}

/** Target tracking, low alarm. Rounds up, so that the metric stays below the target. */
function scaledIn(policy: ScalingPolicy, { desired, datapoints }: ScalerState, { maxScaleInStep }: Autoscaler): number {
  const target = policy.targetBacklogRowsPerWorker;
  const low = target * TARGET_TRACKING.scaleInBelow;
  if (
    !lastAll(datapoints, TARGET_TRACKING.scaleInDatapoints, (point) => (trackedMetric(policy, point) ?? target) < low)
  )
    return desired;
  const newest = trackedMetric(policy, newestOf(datapoints)) ?? target;
  return Math.max(withinBounds(policy, Math.ceil((desired * newest) / target)), desired - maxScaleInStep);
}

function isIdle({ idleDatapoints }: ScalingPolicy, { datapoints }: ScalerState): boolean {
  return lastAll(datapoints, idleDatapoints, ({ backlogRows }) => backlogRows === 0);
}

function scaleOut(
  policy: ScalingPolicy,
  state: ScalerState,
  nowSeconds: number,
  { forBacklog, forAge }: { forBacklog: number; forAge: number },
): Decision {
  const startCooldown = (cooldown: Cooldown | undefined): Cooldown => ({
    sinceSeconds: nowSeconds,
    from: cooldownBase(cooldown, state.desired, policy, nowSeconds),
  });
  // Scaling out ends the cooldown of scaling in.
  const next = { ...state, desired: Math.max(forBacklog, forAge), scaledInAtSeconds: undefined };
  if (forBacklog >= forAge) return { ...next, tracking: startCooldown(state.tracking), reason: 'backlog' };
  return { ...next, age: startCooldown(state.age), reason: 'oldest age' };
}

function cooldownBase(
  cooldown: Cooldown | undefined,
  desired: number,
  { scaleOutCooldownSeconds }: ScalingPolicy,
  nowSeconds: number,
): number {
  return cooldown !== undefined && nowSeconds < cooldown.sinceSeconds + scaleOutCooldownSeconds
    ? cooldown.from
    : desired;
}

/** Prevents scaling in soon after a change. */
function isCoolingDown(
  { scaleOutCooldownSeconds, scaleInCooldownSeconds }: ScalingPolicy,
  state: ScalerState,
  nowSeconds: number,
): boolean {
  const ends = [
    (state.tracking?.sinceSeconds ?? -Infinity) + scaleOutCooldownSeconds,
    (state.age?.sinceSeconds ?? -Infinity) + scaleOutCooldownSeconds,
    (state.scaledInAtSeconds ?? -Infinity) + scaleInCooldownSeconds,
  ];
  return ends.some((end) => nowSeconds < end);
}

function lastAll<T>(values: readonly T[], count: number, holds: (value: T) => boolean): boolean {
  return values.length >= count && values.slice(-count).every(holds);
}

function newestOf(datapoints: readonly Datapoint[]): Datapoint {
  return datapoints.at(-1) ?? MISSING;
}

function isAbove(value: number | null, limit: number): boolean {
  return value !== null && value > limit;
}
