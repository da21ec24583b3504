import { type MetricName, catalogue } from './catalogue';

/** `PredictionLatency` → `cytoqueue_prediction_latency_seconds`: base units and suffixes by Prometheus's conventions. */
export function prometheusName(name: MetricName): string {
  const { kind, unit } = catalogue[name];
  const words = name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
  const inSeconds = unit === 'Milliseconds' ? `${words}_seconds` : words;
  return `cytoqueue_${inSeconds}${kind === 'count' ? '_total' : ''}`;
}
