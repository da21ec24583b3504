import { Duration } from 'aws-cdk-lib';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** Beside the product's own metrics, which need Redis: this one tells of tasks that cannot reach it. */
const NAMESPACE = 'Cytoqueue/Tasks';
/** As `watchReadiness` of packages/runtime logs it, every 15 s for as long as a dependency does not answer. */
export const NOT_READY = 'not ready';

/** Counts the log lines in which tasks say that they are not ready. */
export function countNotReady(scope: Construct, service: 'api' | 'worker', logGroup: LogGroup): IMetric {
  const filter = new MetricFilter(scope, 'NotReady', {
    logGroup,
    filterPattern: FilterPattern.stringValue('$.msg', '=', NOT_READY),
    metricNamespace: NAMESPACE,
    metricName: service === 'api' ? 'ApiNotReady' : 'WorkerNotReady',
    metricValue: '1',
    dimensions: { Environment: '$.environment' },
  });
  return filter.metric({ statistic: 'Sum', period: Duration.minutes(1) });
}
