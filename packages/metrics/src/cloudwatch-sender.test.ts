import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import { catalogue, metricNames } from './catalogue';
import { type AtomicGroup, packRequests } from './cloudwatch-sender';
import { MetricDatumBuilder } from './metric-datum-builder';
import { CloudWatchPublisher } from './cloudwatch-publisher';
import { quantileOf, roundValue, distributionField, readDistribution } from './counter-fields';

const maker = new MetricDatumBuilder('test');
const MINUTE = 29_000_000;
const nothing = async () => undefined;
const group = (data: MetricDatum[]): AtomicGroup => ({ data, onSent: nothing });
const datum = (bytes = 0): MetricDatum => ({ MetricName: 'x'.repeat(bytes) });

describe('packRequests', () => {
  it('fills requests up to the limits and keeps each group together', () => {
    const many = Array.from({ length: 7 }, () => group(Array.from({ length: 300 }, () => datum())));
    expect(packRequests(many).map((call) => call.length)).toEqual([3, 3, 1]);
    const large = Array.from({ length: 5 }, () => group([datum(400_000)]));
    expect(packRequests(large).map((call) => call.length)).toEqual([2, 2, 1]);
    for (const call of packRequests([...many, ...large])) {
      const data = call.flatMap((one) => one.data);
      expect(data.length).toBeLessThanOrEqual(1_000);
      expect(JSON.stringify(data).length).toBeLessThan(1_000_000);
    }
  });

  it('creates no request for empty groups', () => expect(packRequests([group([]), group([])])).toEqual([]));
});

describe('metric data', () => {
  it('have three dimensions and the time of their minute', () => {
    const [rows] = maker.minuteCounters({ minute: MINUTE, counters: { RowsPredicted: 5, unknown: 1 } });
    expect(rows).toEqual({
      MetricName: 'RowsPredicted',
      Unit: 'Count',
      Timestamp: new Date(MINUTE * 60_000),
      Value: 5,
      Dimensions: [
        { Name: 'Service', Value: 'cytoqueue' },
        { Name: 'Environment', Value: 'test' },
        { Name: 'Queue', Value: 'shards' },
      ],
    });
  });

  it('of a distribution have at most 150 values each and keep all values', () => {
    const sums = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`PredictionLatency|${i + 1}`, i + 1]));
    const data = maker.minuteCounters({ minute: MINUTE, counters: sums });
    expect(data.map(({ Values, Counts }) => [Values?.length, Counts?.length])).toEqual([
      [150, 150],
      [150, 150],
      [100, 100],
    ]);
    expect(data.flatMap(({ Counts = [] }) => Counts).reduce((sum, count) => sum + count, 0)).toBe((400 * 401) / 2);
  });

  it('contain zeros for every counter without events, and for no other metric', () => {
    const names = maker
      .zeroCounters(MINUTE, new Set(['RowsPredicted']))
      .map(({ MetricName, Value }) => [MetricName, Value]);
    const quiet = metricNames.filter((name) => catalogue[name].kind === 'count' && name !== 'RowsPredicted');
    expect(names).toEqual(quiet.map((name) => [name, 0]));
  });
});

describe('the publisher', () => {
  const sent: MetricDatum[][] = [];
  const done: string[] = [];
  let works = true;
  const figures = {
    lease: async (present: boolean) => [
      { id: 'a', minute: MINUTE - 1, counters: { RowsPredicted: 3 } },
      { id: 'b', minute: MINUTE - 7, counters: { RowsPredicted: 4 } },
      ...(present ? [{ id: 'c', minute: MINUTE, counters: { RowsPredicted: 5 } }] : []),
    ],
    acknowledge: async (id: string) => void done.push(id),
    currentMinute: async () => MINUTE,
  };
  const sender = {
    send: async (groups: readonly AtomicGroup[]) => {
      if (!works) throw new Error('refused');
      sent.push(groups.flatMap(({ data }) => data));
      for (const one of groups) await one.onSent();
    },
  };
  const publisher = new CloudWatchPublisher({ environment: 'test', counters: figures, sender });
  const gauges = [{ name: 'WorkersAlive', queue: 'all', value: 2 }] as const;
  const values = (name: string) =>
    sent
      .flat()
      .filter(({ MetricName }) => MetricName === name)
      .map(({ Value }) => Value);

  beforeEach(() => {
    sent.length = 0;
    done.length = 0;
    works = true;
  });

  it('sends each minute once, zeros for the last minute, and late counters with their own time', async () => {
    await publisher.sendMinute(gauges);
    expect(values('WorkersAlive')).toEqual([2]);
    expect(values('RowsPredicted')).toEqual([3, 4]);
    expect(values('ShardsFailed')).toEqual([0]);
    expect(done).toEqual(['a', 'b']);
  });

  it('sends the current minute in flush', async () => {
    await publisher.flush(gauges);
    expect(values('RowsPredicted')).toEqual([3, 4, 5]);
    expect(done).toEqual(['a', 'b', 'c']);
  });

  it('keeps counters that could not be sent', async () => {
    works = false;
    await expect(publisher.sendMinute(gauges)).rejects.toThrow('refused');
    expect(done).toEqual([]);
  });
});

describe('distribution values', () => {
  it('are rounded to two digits, within five per cent', () => {
    for (let value = 0.001; value < 1e6; value *= 1.0137)
      expect(Math.abs(roundValue(value) / value - 1)).toBeLessThanOrEqual(0.05);
    expect(roundValue(-3)).toBe(0);
  });

  it('are read from counters in order, with their quantiles', () => {
    const sums = {
      [distributionField('PredictionLatency', 120)]: 1,
      [distributionField('PredictionLatency', 7.46)]: 98,
      [distributionField('PredictionLatency', 9)]: 1,
      PredictionsCompleted: 100,
      'PredictionLatencyX|1': 9,
    };
    const values = readDistribution('PredictionLatency', sums);
    expect(values).toEqual([
      [7.5, 98],
      [9, 1],
      [120, 1],
    ]);
    expect([0.5, 0.98, 0.99, 1].map((quantile) => quantileOf(values, quantile))).toEqual([7.5, 7.5, 9, 120]);
    expect(quantileOf([], 0.5)).toBeUndefined();
  });
});
