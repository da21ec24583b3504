import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_NAMESPACE } from '../services/service-task';
import type { Settings } from '../settings';

export type MetricQueue = 'all' | 'predictions' | 'shards' | 'finalize';

/** The product's metrics: their queues, and the statistic that says most of each. */
export const metricsOfProduct = {
  BacklogRows: { queues: ['predictions', 'shards'], statistic: 'Maximum' },
  BacklogJobs: { queues: ['predictions', 'shards', 'finalize'], statistic: 'Maximum' },
  OldestJobAgeSeconds: { queues: ['predictions', 'shards', 'finalize'], statistic: 'Maximum' },
  BacklogRowsPerWorker: { queues: ['all'], statistic: 'Maximum' },
  DrainSeconds: { queues: ['all'], statistic: 'Maximum' },
  WorkersAlive: { queues: ['all'], statistic: 'Minimum' },
  HasBacklogWithoutWorkers: { queues: ['all'], statistic: 'Maximum' },
  RowsPredicted: { queues: ['shards'], statistic: 'Sum' },
  RowsRejected: { queues: ['shards'], statistic: 'Sum' },
  PredictionsCompleted: { queues: ['predictions'], statistic: 'Sum' },
  PredictionQueueWait: { queues: ['predictions'], statistic: 'p99' },
  PredictionLatency: { queues: ['predictions'], statistic: 'p99' },
  ShardSeconds: { queues: ['shards'], statistic: 'p99' },
  ShardsFailed: { queues: ['shards'], statistic: 'Sum' },
  JobsRetried: { queues: ['all'], statistic: 'Sum' },
  ReconciledJobs: { queues: ['all'], statistic: 'Sum' },
  ChecksumMismatches: { queues: ['all'], statistic: 'Sum' },
  UploadBytes: { queues: ['all'], statistic: 'Sum' },
  CanaryLatency: { queues: ['all'], statistic: 'Maximum' },
  CanaryFailed: { queues: ['all'], statistic: 'Maximum' },
} as const satisfies Record<string, { queues: readonly MetricQueue[]; statistic: string }>;

export type MetricName = keyof typeof metricsOfProduct;

/** The one dimension set of a metric. A metric that is counted for all queues together has no other `Queue` than `all`. */
export function dimensionsOf(name: MetricName, queue: MetricQueue, { environment }: Pick<Settings, 'environment'>): { name: string; value: string }[] {
  const queues: readonly MetricQueue[] = metricsOfProduct[name].queues;
  return [
    { name: 'Service', value: 'cytoqueue' },
    { name: 'Environment', value: environment },
    { name: 'Queue', value: queues.includes(queue) ? queue : 'all' },
  ];
}

export function metricOf(name: MetricName, queue: MetricQueue, settings: Settings): Metric {
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName: name,
    dimensionsMap: Object.fromEntries(dimensionsOf(name, queue, settings).map((dimension) => [dimension.name, dimension.value])),
    statistic: metricsOfProduct[name].statistic,
    period: Duration.minutes(1),
    label: metricsOfProduct[name].queues.length > 1 ? `${name} ${queue}` : name,
  });
}
