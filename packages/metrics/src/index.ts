export {
  catalogue,
  type CounterName,
  type DistributionName,
  type Gauge,
  type GaugeName,
  type Metric,
  type MetricKind,
  type MetricName,
  metricNames,
  type MetricQueue,
  type MetricSource,
  type MetricUnit,
} from './catalogue';
export { CloudWatchPublisher, type PublisherOptions } from './cloudwatch-publisher';
export { type AtomicGroup, CloudWatchSender, packRequests } from './cloudwatch-sender';
export { distributionField, quantileOf, readDistribution, roundValue } from './counter-fields';
export { type HttpRequest, labelledMetrics } from './labelled-metrics';
export { MetricDatumBuilder, type MinuteCounterValues } from './metric-datum-builder';
export { replaceMetricTable } from './metric-table';
export { gaugeNames, PrometheusMetrics } from './prometheus-metrics';
export { prometheusName } from './prometheus-name';
