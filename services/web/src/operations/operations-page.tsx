import type { Percentiles, QueueState } from '@cytoqueue/client';
import { withBasePath } from '../api/base-path';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { pluralize, formatCount, formatDateTime, formatDuration, formatMilliseconds } from '../ui/format';
import { Notice } from '../ui/notice';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { StatTiles } from '../ui/stat-tiles';
import { useSession } from '../session/use-session';
import { QueueTable } from './queue-table';
import { TimeChart } from './time-chart';
import { useQueueHistory } from './use-queue-history';

export function OperationsPage() {
  usePageTitle('Operations');
  const session = useSession();
  const { data: queue, history, error, refetch } = useQueueHistory();
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Operations</h1>
          <p className="small muted">
            {queue === undefined
              ? 'Current state of the queue'
              : `As of ${formatDateTime(queue.as_of)} (${new Date(queue.as_of).toLocaleTimeString('en-GB')}), updated automatically`}
            . No patient’s record is shown here.
          </p>
        </div>
        {session?.platform === true && (
          <a className="button" href={withBasePath('/admin/queues')}>
            Job browser
          </a>
        )}
      </header>
      {error !== null && (
        <ErrorNotice error={error} what="The queue could not be read." onRetry={() => void refetch()} />
      )}
      {queue === undefined ? error === null && <Loading /> : <Queue queue={queue} history={history} />}
    </div>
  );
}

function Queue({ queue, history }: { queue: QueueState; history: readonly QueueState[] }) {
  return (
    <>
      <Warnings queue={queue} />
      <Panel title="Now">
        <StatTiles
          tiles={[
            {
              name: 'Rows waiting',
              value: formatCount(queue.backlog_rows),
              hint: pluralize(queue.backlog_jobs, 'job'),
            },
            { name: 'Oldest job', value: formatDuration(queue.oldest_job_age_seconds), hint: 'has waited' },
            { name: 'Throughput', value: formatCount(queue.rows_per_second), hint: 'rows per second' },
            { name: 'Drained in', value: drainText(queue) },
            {
              name: 'Workers',
              value: formatCount(queue.workers_alive),
              hint: 'alive',
              tone: queue.workers_alive === 0 ? 'warning' : undefined,
            },
            {
              name: 'Failed shards',
              value: formatCount(queue.failures.shards_failed),
              hint: 'in the last hour',
              tone: queue.failures.shards_failed > 0 ? 'warning' : undefined,
            },
            { name: 'Retried jobs', value: formatCount(queue.failures.jobs_retried), hint: 'in the last hour' },
          ]}
        />
      </Panel>
      <div className="two">
        <Panel title="Rows waiting">
          <TimeChart
            points={history.map((state) => ({ at: Date.parse(state.as_of), value: state.backlog_rows }))}
            unit="rows"
          />
        </Panel>
        <Panel title="Rows per second">
          <TimeChart
            points={history.map((state) => ({ at: Date.parse(state.as_of), value: state.rows_per_second }))}
            unit="rows per second"
          />
        </Panel>
      </div>
      <Panel title="Latency of single records" lead="Median and 99th percentile.">
        <dl className="facts">
          <Latency name="Waiting in the queue" percentiles={queue.latency.prediction_wait_ms} />
          <Latency name="From request to answer" percentiles={queue.latency.prediction_total_ms} />
        </dl>
      </Panel>
      <QueueTable queues={queue.queues} />
    </>
  );
}

function Warnings({ queue }: { queue: QueueState }) {
  const paused = queue.queues.filter((entry) => entry.paused);
  return (
    <>
      {queue.workers_alive === 0 && (
        <Notice tone="warning">
          <strong>No worker is alive.</strong> What is sent is stored and waits; nothing is scored until one starts.
        </Notice>
      )}
      {queue.stalled && queue.workers_alive > 0 && (
        <Notice tone="warning">
          <strong>Work is stalled.</strong> Rows wait, and none was finished for 15 seconds.
        </Notice>
      )}
      {paused.length > 0 && <Notice tone="warning">Paused: {paused.map(({ name }) => name).join(', ')}.</Notice>}
    </>
  );
}

function drainText({ drain_seconds: drain, backlog_rows: rows }: QueueState): string {
  if (rows === 0) return 'empty';
  return drain === null ? 'unknown' : formatDuration(drain);
}

function Latency({ name, percentiles }: { name: string; percentiles: Percentiles | null }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {percentiles === null ? (
          <span className="muted">none recently</span>
        ) : (
          <>
            {formatMilliseconds(percentiles.p50)} <span className="muted">half</span>,{' '}
            {formatMilliseconds(percentiles.p99)} <span className="muted">99 %</span>
          </>
        )}
      </dd>
    </div>
  );
}
