import type { MetricName } from '@cytoqueue/metrics';
import { Stack } from 'aws-cdk-lib';
import { AlarmStatusWidget, Dashboard, GraphWidget, type IAlarm, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Settings } from '../settings';
import { metricOf, queuesOf } from './metrics';

const ROWS: readonly {
  readonly title: string;
  readonly graphs: readonly (readonly [string, readonly MetricName[]])[];
}[] = [
  {
    title: 'Queues',
    graphs: [
      ['Backlog, rows', ['BacklogRows']],
      ['Backlog, jobs', ['BacklogJobs']],
      ['Oldest job, s', ['OldestJobAgeSeconds']],
    ],
  },
  {
    title: 'Workers',
    graphs: [
      ['Alive', ['WorkersAlive', 'HasBacklogWithoutWorkers']],
      ['Rows for each', ['BacklogRowsPerWorker']],
      ['Drained in, s', ['DrainSeconds']],
    ],
  },
  {
    title: 'Batches',
    graphs: [
      ['Rows', ['RowsPredicted', 'RowsRejected']],
      ['A shard, s (p99)', ['ShardSeconds']],
      ['Uploaded, bytes', ['UploadBytes']],
    ],
  },
  {
    title: 'Records',
    graphs: [
      ['Completed and failed', ['PredictionsCompleted', 'PredictionsFailed']],
      ['Time, ms (p99)', ['PredictionQueueWait', 'PredictionLatency']],
      ['Canary', ['CanaryLatency', 'CanaryFailed']],
    ],
  },
  {
    title: 'Confirmed diagnoses',
    graphs: [
      ['Stored', ['ConfirmationsAccepted']],
      ['Sensitivity below the model card', ['SensitivityBelowModelCard']],
    ],
  },
  {
    title: 'Trouble',
    graphs: [
      ['Failed, retried, reconciled, refused', ['ShardsFailed', 'JobsRetried', 'ReconciledJobs', 'JobsRefused']],
      ['Two results under one key', ['ChecksumMismatches']],
    ],
  },
  { title: 'Store and Redis', graphs: [['Failed probes', ['DependencyProbesFailed']]] },
  {
    title: 'Models',
    graphs: [
      ['Champions older than what ships', ['OutdatedChampions']],
      ['Rows of the shadow', ['ShadowRowsAgreed', 'ShadowRowsDisagreed']],
    ],
  },
];

export interface DashboardProps {
  readonly settings: Settings;
  readonly alarms: readonly IAlarm[];
  /** AWS metrics of load balancer, tasks and Redis, by the graph's title. */
  readonly platform: Readonly<Record<string, readonly IMetric[]>>;
}

/** One page: alarms first, then the product's catalogue of metrics, then metrics of AWS. */
export class OperationsDashboard extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, { settings, alarms, platform }: DashboardProps) {
    super(scope, id);
    const dashboardName = `cytoqueue-${settings.environment}`;
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName });
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 3 }));
    for (const { title, graphs } of ROWS) {
      const width = 24 / graphs.length;
      dashboard.addWidgets(
        ...graphs.map(([what, names]) =>
          graph(
            `${title}: ${what}`,
            names.flatMap((name) => everyQueue(name, settings)),
            width,
          ),
        ),
      );
    }
    const titles = Object.entries(platform);
    dashboard.addWidgets(...titles.map(([title, metrics]) => graph(title, [...metrics], 24 / titles.length)));
    this.url = `https://${Stack.of(this).region}.console.aws.amazon.com/cloudwatch/home?region=${Stack.of(this).region}#dashboards/dashboard/${dashboardName}`;
  }
}

function everyQueue(name: MetricName, settings: Settings): IMetric[] {
  return queuesOf(name).map((queue) => metricOf(name, queue, settings));
}

function graph(title: string, left: IMetric[], width: number): GraphWidget {
  return new GraphWidget({ title, left, width, height: 6, leftYAxis: { min: 0 } });
}
