import { type MetricName, type MetricQueue, catalogue } from '@cytoqueue/metrics';
import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_NAMESPACE, type Settings } from '../settings';

/** Most useful statistic of each metric. */
const STATISTICS: Record<MetricName, string> = {
  BacklogRows: 'Maximum',
  BacklogJobs: 'Maximum',
  OldestJobAgeSeconds: 'Maximum',
  BacklogRowsPerWorker: 'Maximum',
  DrainSeconds: 'Maximum',
  WorkersAlive: 'Minimum',
  OutdatedChampions: 'Maximum',
  HasBacklogWithoutWorkers: 'Maximum',
  SensitivityBelowModelCard: 'Maximum',
  RowsPredicted: 'Sum',
  RowsRejected: 'Sum',
  PredictionsCompleted: 'Sum',
  PredictionsFailed: 'Sum',
  PredictionQueueWait: 'p99',
  PredictionLatency: 'p99',
  ShardSeconds: 'p99',
  ShardsFailed: 'Sum',
  JobsRetried: 'Sum',
  ReconciledJobs: 'Sum',
  ChecksumMismatches: 'Sum',
  JobsRefused: 'Sum',
  ShadowRowsAgreed: 'Sum',
  ShadowRowsDisagreed: 'Sum',
  UploadBytes: 'Sum',
  ConfirmationsAccepted: 'Sum',
  CanaryLatency: 'Maximum',
  CanaryFailed: 'Maximum',
  DependencyProbesFailed: 'Sum',
};

export function queuesOf(name: MetricName): readonly MetricQueue[] {
  return catalogue[name].queues;
}

/**
 * Dimension set of a metric. A metric over all queues has `Queue` = `all` only.
 */
export function dimensionsOf(
  name: MetricName,
  queue: MetricQueue,
  { environment }: Pick<Settings, 'environment'>,
): { name: string; value: string }[] {
  return [
    { name: 'Service', value: 'cytoqueue' },
    { name: 'Environment', value: environment },
    { name: 'Queue', value: queuesOf(name).includes(queue) ? queue : 'all' },
  ];
}

export function metricOf(name: MetricName, queue: MetricQueue, settings: Settings): Metric {
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName: name,
    dimensionsMap: Object.fromEntries(
      dimensionsOf(name, queue, settings).map((dimension) => [dimension.name, dimension.value]),
    ),
    statistic: STATISTICS[name],
    period: Duration.minutes(1),
    label: queuesOf(name).length > 1 ? `${name} ${queue}` : name,
  });
}
