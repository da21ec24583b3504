export {
  type CountName, type Gauge, type GaugeName, type Metric, type MetricKind, type MetricName, type MetricQueue, type MetricSource, type MetricUnit, type ValuesName,
  catalogue, metricNames,
} from './catalogue';
export { CloudWatchSender, type Consignment, packCalls } from './cloudwatch';
export { DataMaker, type MinuteFigures } from './data';
export { Meters, gaugeNames } from './meters';
export { prometheusName } from './prometheus-name';
export { type FigureSource, Publisher, type PublisherParts } from './publisher';
export { quantileOf, roundValue, valueField, valuesOf } from './sum-fields';
