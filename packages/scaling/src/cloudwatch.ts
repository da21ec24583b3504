import { ageAlarmSeconds, backlogSecondsAtThroughput } from './demand';
import type { ScalingPolicy } from './policy';

/** The dimension Queue of a metric; the deployment adds Service and Environment. */
export type QueueDimension = 'shards' | 'all';

/** One entry of a target-tracking policy's `CustomizedMetricSpecification.Metrics`. */
export type MetricQuery =
  | {
      readonly id: string;
      readonly metricName: string;
      readonly queue: QueueDimension;
      readonly statistic: 'Average' | 'Maximum' | 'Sum';
      readonly periodSeconds: number;
      readonly returnData: false;
    }
  | { readonly id: string; readonly expression: string; readonly label: string; readonly returnData: true };

/** A step-scaling policy with the alarm that runs it. */
export interface StepAlarm {
  readonly metricName: string;
  readonly queue: QueueDimension;
  readonly statistic: 'Maximum';
  readonly comparison: 'GreaterThanOrEqualToThreshold' | 'LessThanOrEqualToThreshold';
  readonly threshold: number;
  readonly periodSeconds: number;
  readonly datapoints: number;
  /** Missing data does not scale. */
  readonly treatMissingData: 'notBreaching';
  readonly adjustmentType: 'ChangeInCapacity' | 'ExactCapacity';
  /** Bounds relative to the threshold, as in CloudFormation; an absent bound is infinite. */
  readonly steps: readonly {
    readonly lowerBound?: number;
    readonly upperBound?: number;
    readonly adjustment: number;
  }[];
  readonly cooldownSeconds: number;
}

export interface CloudWatchScaling {
  readonly minCapacity: number;
  readonly maxCapacity: number;
  readonly targetTracking: {
    readonly targetValue: number;
    readonly scaleOutCooldownSeconds: number;
    readonly scaleInCooldownSeconds: number;
    readonly metrics: readonly MetricQuery[];
  };
  readonly oldestAge: StepAlarm;
  readonly idle: StepAlarm;
}

/** Converts the policy to Application Auto Scaling and CloudWatch settings. */
export function cloudWatchScaling(policy: ScalingPolicy): CloudWatchScaling {
  return {
    minCapacity: policy.minWorkers,
    maxCapacity: policy.maxWorkers,
    targetTracking: {
      targetValue: policy.targetBacklogRowsPerWorker,
      scaleOutCooldownSeconds: policy.scaleOutCooldownSeconds,
      scaleInCooldownSeconds: policy.scaleInCooldownSeconds,
      metrics: trackedMetrics(policy),
    },
    oldestAge: oldestAgeAlarm(policy),
    idle: idleAlarm(policy),
  };
}

/**
 * `trackedMetric` as metric math. Without FILL: a minute's count arrives one minute after its gauges, so a filled-in value would
 * replace the newest datapoint in every evaluation. An unknown value makes the datapoint missing.
 */
function trackedMetrics(policy: ScalingPolicy): MetricQuery[] {
  const { targetBacklogRowsPerWorker: target, periodSeconds } = policy;
  const ofShards = { queue: 'shards', periodSeconds, returnData: false } as const;
  const workers = 'IF(workers < 1, 1, workers)';
  const expectedBacklog = `(backlog + predicted * ${(backlogSecondsAtThroughput(policy) / periodSeconds).toFixed(4)}) / ${workers}`;
  const cappedBacklog = `IF(age >= ${ageAlarmSeconds(policy)}, ${target}, IF(${expectedBacklog} > ${target}, ${target}, ${expectedBacklog}))`;
  return [
    { id: 'backlog', metricName: 'BacklogRows', statistic: 'Average', ...ofShards },
    { id: 'age', metricName: 'OldestJobAgeSeconds', statistic: 'Maximum', ...ofShards },
    { id: 'predicted', metricName: 'RowsPredicted', statistic: 'Sum', ...ofShards },
    { id: 'workers', metricName: 'WorkersAlive', statistic: 'Average', ...ofShards, queue: 'all' },
    {
      id: 'tracked',
      expression: `IF(backlog / ${workers} > ${target}, backlog / ${workers}, ${cappedBacklog})`,
      label: 'Backlog rows per worker',
      returnData: true,
    },
  ];
}

function oldestAgeAlarm(policy: ScalingPolicy): StepAlarm {
  const threshold = ageAlarmSeconds(policy);
  return {
    metricName: 'OldestJobAgeSeconds',
    queue: 'shards',
    statistic: 'Maximum',
    comparison: 'GreaterThanOrEqualToThreshold',
    threshold,
    periodSeconds: policy.periodSeconds,
    datapoints: policy.oldestAgeDatapoints,
    treatMissingData: 'notBreaching',
    adjustmentType: 'ChangeInCapacity',
    steps: policy.oldestAgeSteps.map(({ fromSeconds, toSeconds, addWorkers }) => ({
      lowerBound: fromSeconds - threshold,
      ...(toSeconds === undefined ? {} : { upperBound: toSeconds - threshold }),
      adjustment: addWorkers,
    })),
    cooldownSeconds: policy.scaleOutCooldownSeconds,
  };
}

function idleAlarm({ minWorkers, periodSeconds, idleDatapoints, scaleInCooldownSeconds }: ScalingPolicy): StepAlarm {
  return {
    metricName: 'BacklogRows',
    queue: 'shards',
    statistic: 'Maximum',
    comparison: 'LessThanOrEqualToThreshold',
    threshold: 0,
    periodSeconds,
    datapoints: idleDatapoints,
    treatMissingData: 'notBreaching',
    adjustmentType: 'ExactCapacity',
    steps: [{ upperBound: 0, adjustment: minWorkers }],
    cooldownSeconds: scaleInCooldownSeconds,
  };
}
