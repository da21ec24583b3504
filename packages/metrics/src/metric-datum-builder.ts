import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import {
  type CounterName,
  type Gauge,
  type MetricName,
  type MetricQueue,
  type DistributionName,
  catalogue,
  metricNames,
} from './catalogue';
import { readDistribution } from './counter-fields';

/** Dimension `Service` of all data. */
const SERVICE = 'cytoqueue';
/** CloudWatch's limit of distinct values per datum. */
const MAX_DATUM_VALUES = 150;

/** Unsent counters of one minute, named as in counter-fields.ts. */
export interface MinuteCounterValues {
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly counters: Readonly<Record<string, number>>;
}

/** Converts counters and gauges to CloudWatch data. Each value has one set of dimensions, so that sums over a metric are correct. */
export class MetricDatumBuilder {
  constructor(private readonly environment: string) {}

  gauges(gauges: readonly Gauge[], at: Date): MetricDatum[] {
    return gauges.map(({ name, queue, value }) => ({ ...this.identity(name, queue, at), Value: value }));
  }

  /** Sends distributions as values and counts, from which CloudWatch computes percentiles. */
  minuteCounters({ minute, counters }: MinuteCounterValues): MetricDatum[] {
    const at = new Date(minute * 60_000);
    return metricNames.flatMap((name) => {
      const { kind, queues } = catalogue[name];
      if (kind === 'values') return this.distribution(name as DistributionName, counters, at);
      const value = counters[name];
      return kind === 'count' && value !== undefined ? [{ ...this.identity(name, queues[0], at), Value: value }] : [];
    });
  }

  /** Explicit zeros for counters without events: alarms and scaling policies treat missing data differently from zero. */
  zeroCounters(minute: number, except: ReadonlySet<string>): MetricDatum[] {
    const at = new Date(minute * 60_000);
    const zero = metricNames.filter(
      (name): name is CounterName => catalogue[name].kind === 'count' && !except.has(name),
    );
    return zero.map((name) => ({ ...this.identity(name, catalogue[name].queues[0], at), Value: 0 }));
  }

  private distribution(name: DistributionName, counters: MinuteCounterValues['counters'], at: Date): MetricDatum[] {
    const distribution = readDistribution(name, counters);
    const data: MetricDatum[] = [];
    for (let start = 0; start < distribution.length; start += MAX_DATUM_VALUES) {
      const some = distribution.slice(start, start + MAX_DATUM_VALUES);
      data.push({
        ...this.identity(name, catalogue[name].queues[0], at),
        Values: some.map(([value]) => value),
        Counts: some.map(([, count]) => count),
      });
    }
    return data;
  }

  private identity(name: MetricName, queue: MetricQueue, at: Date): MetricDatum {
    const dimensions = { Service: SERVICE, Environment: this.environment, Queue: queue };
    return {
      MetricName: name,
      Unit: catalogue[name].unit,
      Timestamp: at,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    };
  }
}
