export { type Metric, type MetricKind, type MetricName, type MetricQueue, type MetricUnit, catalogue } from './catalogue';
export { quantileOf, roundValue, valueField, valuesOf } from './sum-fields';
