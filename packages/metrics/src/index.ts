export {
  type CounterName,
  type Gauge,
  type GaugeName,
  type Metric,
  type MetricKind,
  type MetricName,
  type MetricQueue,
  type MetricSource,
  type MetricUnit,
  type DistributionName,
  catalogue,
  metricNames,
} from './catalogue';
export { CloudWatchSender, type AtomicGroup, packRequests } from './cloudwatch-sender';
export { MetricDatumBuilder, type MinuteCounterValues } from './metric-datum-builder';
export { PrometheusMetrics, gaugeNames } from './prometheus-metrics';
export { prometheusName } from './prometheus-name';
export { type CounterSource, CloudWatchPublisher, type PublisherOptions } from './cloudwatch-publisher';
export { replaceMetricTable } from './metric-table';
export { quantileOf, roundValue, distributionField, readDistribution } from './counter-fields';
