import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import { type CountName, type Gauge, type MetricName, type MetricQueue, type ValuesName, catalogue, metricNames } from './catalogue';
import { valuesOf } from './sum-fields';

/** The dimension `Service` of all of it. */
const SERVICE = 'cytoqueue';
/** How many different values one datum may hold. */
const MAX_VALUES = 150;

/** What was done in one minute and has not been sent; names as `sum-fields` makes them. */
export interface MinuteFigures {
  /** Since the epoch. */
  readonly minute: number;
  readonly sums: Readonly<Record<string, number>>;
}

/** Makes CloudWatch's data of figures: each in exactly one set of dimensions, so that sums over a metric count nothing twice. */
export class DataMaker {
  constructor(private readonly environment: string) {}

  gauges(gauges: readonly Gauge[], at: Date): MetricDatum[] {
    return gauges.map(({ name, queue, value }) => ({ ...this.identity(name, queue, at), Value: value }));
  }

  /** Counts as they are; distributions as values and counts, from which CloudWatch makes any percentile. */
  figures({ minute, sums }: MinuteFigures): MetricDatum[] {
    const at = new Date(minute * 60_000);
    return metricNames.flatMap((name) => {
      const { kind, queues } = catalogue[name];
      if (kind === 'values') return this.values(name as ValuesName, sums, at);
      const value = sums[name];
      return kind === 'count' && value !== undefined ? [{ ...this.identity(name, queues[0], at), Value: value }] : [];
    });
  }

  /** Counts that nothing was added to: an alarm or a scaling policy must not take quiet for missing data. */
  zeros(minute: number, except: ReadonlySet<string>): MetricDatum[] {
    const at = new Date(minute * 60_000);
    const quiet = metricNames.filter((name): name is CountName => catalogue[name].kind === 'count' && !except.has(name));
    return quiet.map((name) => ({ ...this.identity(name, catalogue[name].queues[0], at), Value: 0 }));
  }

  private values(name: ValuesName, sums: MinuteFigures['sums'], at: Date): MetricDatum[] {
    const values = valuesOf(name, sums);
    const data: MetricDatum[] = [];
    for (let start = 0; start < values.length; start += MAX_VALUES) {
      const some = values.slice(start, start + MAX_VALUES);
      data.push({ ...this.identity(name, catalogue[name].queues[0], at), Values: some.map(([value]) => value), Counts: some.map(([, count]) => count) });
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
