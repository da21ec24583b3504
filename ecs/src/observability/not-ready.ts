import { Duration } from 'aws-cdk-lib';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** Separate from the product's metrics, which need Redis: it reports tasks that cannot reach Redis. */
const NAMESPACE = 'Cytoqueue/Tasks';
/** Message that `watchReadiness` of packages/runtime logs every 15 s while a dependency is unreachable. */
export const NOT_READY = 'not ready';

/** Counts the log lines of tasks that are not ready. */
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
