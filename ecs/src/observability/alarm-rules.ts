import type { MetricName, MetricQueue } from '@cytoqueue/metrics';
import {
  type ComparisonOperator,
  ComparisonOperator as Is,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Settings } from '../settings';
import { metricOf } from './metrics';

export interface AlarmRule {
  readonly id: string;
  readonly metric: IMetric;
  readonly comparison?: ComparisonOperator;
  readonly threshold: number;
  /** Consecutive datapoints, or datapoints out of a number. */
  readonly datapointsToAlarm: number;
  readonly evaluationPeriods?: number;
  /** Treatment of missing data: gauges are reported every minute, zeros included. */
  readonly missing?: TreatMissingData;
  /** Meaning and first steps; part of the mail. */
  readonly description: string;
}

/** Metrics that the infrastructure reports, as the stack has them. */
export interface AlarmSources {
  readonly api5xx: IMetric;
  /** 5xx from the load balancer itself: no task, a closed connection, or too many connections. */
  readonly loadBalancer5xx: IMetric;
  readonly apiNotReady: IMetric;
  readonly workerNotReady: IMetric;
  readonly unhealthyApi: IMetric;
  readonly apiCpu: IMetric;
  readonly redisMemory: IMetric;
  readonly redisCpu: IMetric;
}

export function productRules(settings: Settings): AlarmRule[] {
  const of = (name: MetricName, queue: MetricQueue): IMetric => metricOf(name, queue, settings);
  const oldAge = settings.scaling.oldestAgeSteps.at(-1)?.fromSeconds ?? 1_200;
  return [
    {
      id: 'BacklogWithoutWorkers',
      metric: of('HasBacklogWithoutWorkers', 'all'),
      threshold: 0,
      datapointsToAlarm: 3,
      description: 'There is work and no worker alive: look at the worker service, its stopped tasks and its image.',
    },
    {
      id: 'ShardsWait',
      metric: of('OldestJobAgeSeconds', 'shards'),
      threshold: 2 * oldAge,
      datapointsToAlarm: 5,
      description:
        'A shard waits for longer than scaling should let it: at the maximum of workers, or are shards failing?',
    },
    {
      id: 'RecordsWait',
      metric: of('OldestJobAgeSeconds', 'predictions'),
      threshold: 10,
      datapointsToAlarm: 3,
      description: 'A clinician waits for more than 10 seconds.',
    },
    {
      id: 'BatchesDoNotEnd',
      metric: of('OldestJobAgeSeconds', 'finalize'),
      threshold: 1_800,
      datapointsToAlarm: 3,
      description: 'A batch is scored and is not being finished.',
    },
    {
      id: 'RecordsSlow',
      metric: of('PredictionLatency', 'predictions'),
      threshold: 1_000,
      datapointsToAlarm: 5,
      description: 'Records take more than a second (p99, ms).',
    },
    {
      id: 'RecordsFailed',
      metric: of('PredictionsFailed', 'predictions'),
      threshold: 0,
      datapointsToAlarm: 1,
      description: 'A record could not be scored: find it in the worker logs.',
    },
    {
      id: 'ShardsFailed',
      metric: of('ShardsFailed', 'shards'),
      threshold: 0,
      datapointsToAlarm: 1,
      description:
        'Rows of a lab are in an errors file as failed: find the shard in the worker logs, then retry the batch.',
    },
    {
      id: 'ShardsSlow',
      metric: of('ShardSeconds', 'shards'),
      threshold: 60,
      datapointsToAlarm: 5,
      description: 'Shards take more than a minute (p99): the store is slow or the workers are starved.',
    },
    {
      id: 'JobsRetried',
      metric: of('JobsRetried', 'all'),
      threshold: 20,
      datapointsToAlarm: 5,
      description: 'Attempts keep failing: look for "job attempt failed" in the worker logs.',
    },
    {
      id: 'JobsReconciled',
      metric: of('ReconciledJobs', 'all'),
      threshold: 100,
      datapointsToAlarm: 3,
      description: 'Redis has lost jobs, which the reconciler takes up again: was there a failover?',
    },
    {
      id: 'ChecksumMismatch',
      metric: of('ChecksumMismatches', 'all'),
      threshold: 0,
      datapointsToAlarm: 1,
      description: 'Two different results for one key: stop deployments, keep both, compare the images.',
    },
    {
      id: 'RowsRejected',
      metric: of('RowsRejected', 'shards'),
      threshold: 100_000,
      datapointsToAlarm: 3,
      description: 'Very many rows are refused: a lab may send another format.',
    },
    {
      id: 'DrainTooLong',
      metric: of('DrainSeconds', 'all'),
      threshold: 4 * 3_600,
      datapointsToAlarm: 15,
      description: 'The backlog needs more than four hours at the present pace: raise the maximum of workers?',
    },
    {
      id: 'SensitivityBelowCard',
      metric: of('SensitivityBelowModelCard', 'all'),
      threshold: 0,
      datapointsToAlarm: 3,
      description: 'By confirmed diagnoses a model finds fewer malignant cases than its card says.',
    },
    {
      id: 'CanaryFails',
      metric: of('CanaryFailed', 'all'),
      threshold: 0,
      datapointsToAlarm: 2,
      evaluationPeriods: 3,
      missing: TreatMissingData.BREACHING,
      description: 'The canary record with a known result failed, had a wrong result, or is no longer sent.',
    },
    {
      id: 'CanarySlow',
      metric: of('CanaryLatency', 'all'),
      threshold: 5_000,
      datapointsToAlarm: 3,
      description: 'The record with the known answer takes more than five seconds (ms).',
    },
    {
      id: 'DependencyUnusable',
      metric: of('DependencyProbesFailed', 'all'),
      threshold: 5,
      datapointsToAlarm: 2,
      description:
        'Processes cannot use the store or Redis: the log lines "dependency problem" have the reason and the remedy.',
    },
    {
      id: 'MetricsMissing',
      metric: of('WorkersAlive', 'all'),
      comparison: Is.LESS_THAN_THRESHOLD,
      threshold: 0,
      datapointsToAlarm: 5,
      missing: TreatMissingData.BREACHING,
      description:
        'No figures for five minutes, so nothing scales: is an API task running, and does it reach CloudWatch?',
    },
  ];
}

export function deploymentRules({ api5xx, loadBalancer5xx, apiNotReady, workerNotReady }: AlarmSources): {
  api: AlarmRule[];
  worker: AlarmRule[];
} {
  const description = 'A deployment under way is rolled back.';
  return {
    api: [
      {
        id: 'ApiErrorsWhileDeploying',
        metric: api5xx,
        threshold: 10,
        datapointsToAlarm: 2,
        description: `More than 10 answers 5xx a minute. ${description}`,
      },
      {
        id: 'LoadBalancerErrorsWhileDeploying',
        metric: loadBalancer5xx,
        threshold: 10,
        datapointsToAlarm: 2,
        description: `More than 10 answers 5xx a minute of the load balancer itself. ${description}`,
      },
      {
        id: 'ApiNotReadyWhileDeploying',
        metric: apiNotReady,
        threshold: 0,
        datapointsToAlarm: 2,
        description: `A task of the API does not reach Redis or the store. ${description}`,
      },
    ],
    worker: [
      {
        id: 'WorkerNotReadyWhileDeploying',
        metric: workerNotReady,
        threshold: 0,
        datapointsToAlarm: 2,
        description: `A worker does not reach Redis or the store. ${description}`,
      },
    ],
  };
}

export function platformRules({
  api5xx,
  loadBalancer5xx,
  apiNotReady,
  workerNotReady,
  unhealthyApi,
  apiCpu,
  redisMemory,
  redisCpu,
}: AlarmSources): AlarmRule[] {
  return [
    {
      id: 'ApiErrors',
      metric: api5xx,
      threshold: 5,
      datapointsToAlarm: 3,
      evaluationPeriods: 5,
      description: 'The API answers 5xx.',
    },
    {
      id: 'LoadBalancerErrors',
      metric: loadBalancer5xx,
      threshold: 5,
      datapointsToAlarm: 3,
      evaluationPeriods: 5,
      description: 'The load balancer answers 5xx by itself: is no task healthy, or do tasks close connections?',
    },
    {
      id: 'ApiNotReady',
      metric: apiNotReady,
      threshold: 0,
      datapointsToAlarm: 3,
      description: 'A task of the API does not reach Redis or the store: find "not ready" in its log, which names it.',
    },
    {
      id: 'WorkerNotReady',
      metric: workerNotReady,
      threshold: 0,
      datapointsToAlarm: 3,
      description: 'A worker does not reach Redis or the store: find "not ready" in its log, which names it.',
    },
    {
      id: 'ApiUnhealthy',
      metric: unhealthyApi,
      threshold: 0,
      datapointsToAlarm: 3,
      description: 'A task of the API does not answer /health/live.',
    },
    {
      id: 'ApiCpu',
      metric: apiCpu,
      threshold: 85,
      datapointsToAlarm: 15,
      description: 'The API is busy although it scales: at its maximum of tasks?',
    },
    {
      id: 'RedisMemory',
      metric: redisMemory,
      threshold: 75,
      datapointsToAlarm: 5,
      description: 'Redis is three quarters full; full, it refuses new jobs and uploads are answered with 503.',
    },
    {
      id: 'RedisCpu',
      metric: redisCpu,
      threshold: 80,
      datapointsToAlarm: 10,
      description: 'Redis is busy on its one core: a larger node, or fewer and larger shards.',
    },
  ];
}
