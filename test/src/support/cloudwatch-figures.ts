import { CloudWatchClient, GetMetricDataCommand, ListMetricsCommand, type Metric } from '@aws-sdk/client-cloudwatch';

const HOUR_MS = 3_600_000;

/** Environment for using moto as AWS. moto decompresses compressed requests twice. */
export function awsEnvironment(url: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_CLOUDWATCH: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DISABLE_REQUEST_COMPRESSION: 'true',
  };
}

/** Reads published metrics back through CloudWatch's API. */
export class CloudWatchFigures {
  private readonly client: CloudWatchClient;

  constructor(
    url: string,
    private readonly namespace: string,
  ) {
    this.client = new CloudWatchClient({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  }

  stop(): void {
    this.client.destroy();
  }

  /** Every metric with its dimensions, once; moto lists each datum. */
  async list(): Promise<Metric[]> {
    const metrics: Metric[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.client.send(new ListMetricsCommand({ Namespace: this.namespace, NextToken }));
      metrics.push(...(page.Metrics ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return [...new Map(metrics.map((metric) => [JSON.stringify(metric), metric])).values()];
  }

  /**
   * One value a minute, oldest first, over all sets of dimensions that the metric has; empty when it was never
   * published.
   */
  async values(name: string, statistic: 'Sum' | 'Maximum' | 'Minimum' | 'SampleCount'): Promise<number[]> {
    const metrics = (await this.list()).filter(({ MetricName }) => MetricName === name);
    if (metrics.length === 0) return [];
    const answer = await this.client.send(
      new GetMetricDataCommand({
        StartTime: new Date(Date.now() - HOUR_MS),
        EndTime: new Date(Date.now() + HOUR_MS),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: metrics.map((Metric, i) => ({
          Id: `m${i}`,
          MetricStat: { Metric, Period: 60, Stat: statistic },
        })),
      }),
    );
    return (answer.MetricDataResults ?? []).flatMap(({ Values }) => Values ?? []);
  }

  async sum(name: string): Promise<number> {
    return (await this.values(name, 'Sum')).reduce((sum, value) => sum + value, 0);
  }

  async samples(name: string): Promise<number> {
    return (await this.values(name, 'SampleCount')).reduce((sum, value) => sum + value, 0);
  }
}
