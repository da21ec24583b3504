import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Counter, Gauge as PrometheusGauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import {
  type CounterName,
  type Gauge,
  type GaugeName,
  type Metric,
  type MetricName,
  type MetricSource,
  type DistributionName,
  catalogue,
  metricNames,
} from './catalogue';
import { type HttpRequest, labelledMetrics } from './labelled-metrics';
import { prometheusName } from './prometheus-name';

const BUCKETS: Record<DistributionName, number[]> = {
  PredictionQueueWait: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
  PredictionLatency: [0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
  CanaryLatency: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
  ShardSeconds: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120],
};

const HTTP_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Gauges whose names end as those of counters do. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/**
 * This process's part of the catalogue for `GET /metrics`, in memory: counting takes less than a microsecond. Counts start at 0
 * with the process, as Prometheus expects.
 */
export class PrometheusMetrics {
  private readonly registry = new Registry();
  private readonly counters = new Map<MetricName, Counter>();
  private readonly gauges = new Map<MetricName, PrometheusGauge>();
  private readonly histograms = new Map<MetricName, Histogram>();
  private readonly httpRequests: Histogram<string> | undefined;

  constructor(source: Exclude<MetricSource, 'both'>) {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    const { BuildInfo, HttpRequest: requests } = labelledMetrics;
    new PrometheusGauge({
      name: BuildInfo.name,
      help: BuildInfo.meaning,
      labelNames: BuildInfo.labels,
      registers: [this.registry],
    }).set({ version: readVersion(), node: process.version }, 1);
    if (source === requests.source)
      this.httpRequests = new Histogram({
        name: requests.name,
        help: requests.meaning,
        labelNames: requests.labels,
        buckets: HTTP_BUCKETS,
        registers: [this.registry],
      });
    for (const name of metricNames)
      if ([source, 'both'].includes(catalogue[name].source)) this.register(name, catalogue[name]);
  }

  count(name: CounterName, by = 1): void {
    this.counters.get(name)?.inc(by);
  }

  /** @param value in the catalogue's unit */
  observe(name: DistributionName, value: number): void {
    this.histograms.get(name)?.observe(catalogue[name].unit === 'Milliseconds' ? value / 1_000 : value);
  }

  observeRequest({ method, route, status, seconds }: HttpRequest): void {
    this.httpRequests?.observe({ method, route, status: String(status) }, seconds);
  }

  /** Replaces all gauges. A gauge without a new value is removed, because its old value would look current. */
  set(gauges: readonly Gauge[]): void {
    // Not reset(), which sets a gauge without labels to 0.
    for (const [name, gauge] of this.gauges)
      for (const queue of catalogue[name].queues) gauge.remove(labelsOf(catalogue[name], queue));
    for (const { name, queue, value } of gauges) this.gauges.get(name)?.set(labelsOf(catalogue[name], queue), value);
  }

  /** Renders Prometheus's text format. */
  async text(): Promise<{ contentType: string; body: string }> {
    return { contentType: this.registry.contentType, body: await this.registry.metrics() };
  }

  private register(name: MetricName, metric: Metric): void {
    const config = { name: prometheusName(name), help: metric.meaning, registers: [this.registry] };
    if (metric.kind === 'count') this.counters.set(name, new Counter(config));
    else if (metric.kind === 'values')
      this.histograms.set(name, new Histogram({ ...config, buckets: BUCKETS[name as DistributionName] }));
    else
      this.gauges.set(name, new PrometheusGauge({ ...config, labelNames: metric.queues.length > 1 ? ['queue'] : [] }));
  }
}

/** All packages have the version of the release. */
function readVersion(): string {
  const text = readFileSync(join(__dirname, '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function labelsOf({ queues }: Metric, queue: string): Partial<Record<string, string>> {
  return queues.length > 1 ? { queue } : {};
}

/** Names of all gauges. Omitting one would be missing data, which disables alarms and scaling policies. */
export const gaugeNames: readonly GaugeName[] = metricNames.filter(
  (name): name is GaugeName => catalogue[name].kind === 'gauge',
);
