import type { Percentiles, QueueState } from '@cytoqueue/client';
import { withBasePath } from '../api/base-path';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import {
  pluralize,
  formatCount,
  formatDateTimeSeconds,
  formatDuration,
  formatMilliseconds,
  formatTime,
} from '../ui/format';
import { Notice } from '../ui/notice';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { StatTiles } from '../ui/stat-tiles';
import { useSession } from '../session/use-session';
import { QueueTable } from './queue-table';
import { TimeChart } from './time-chart';
import { type QueuePoint, useQueueHistory } from './use-queue-history';
import { WorkerTable } from './worker-table';

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
              : `As of ${formatDateTimeSeconds(queue.as_of)}; updates automatically every 2 s`}
            . No patient’s record is shown here.
          </p>
        </div>
        {session?.platform === true && (
          <a className="button" href={withBasePath('/admin/queues')}>
            Job queue (Bull Board)
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

function Queue({ queue, history }: { queue: QueueState; history: readonly QueuePoint[] }) {
  return (
    <>
      <Warnings queue={queue} />
      <Panel title="Now">
        <StatTiles
          tiles={[
            stateTile(queue),
            { name: 'Throughput', value: formatCount(queue.rows_per_second), hint: 'rows per second' },
            {
              name: 'Backlog',
              value: formatCount(queue.backlog_rows),
              hint: `rows in ${pluralize(queue.backlog_jobs, { one: 'job', other: 'jobs' })}`,
            },
            { name: 'Oldest wait', value: formatDuration(queue.oldest_job_age_seconds) },
            { name: 'Time to clear', value: clearingText(queue) },
            {
              name: 'Workers responding',
              value: `${formatCount(queue.workers_alive)} of ${formatCount(queue.workers.length)}`,
              tone: queue.workers_alive < Math.max(1, queue.workers.length) ? 'warning' : undefined,
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
      <WorkerTable queue={queue} />
      <div className="two">
        <Panel title="Backlog in the last hour">
          <TimeChart
            points={history.flatMap(({ at, backlogRows }) =>
              backlogRows === null ? [] : [{ at, value: backlogRows }],
            )}
            unit="rows"
          />
        </Panel>
        <Panel title="Throughput in the last hour">
          <TimeChart
            points={history.map(({ at, rowsPerSecond }) => ({ at, value: rowsPerSecond }))}
            unit="rows per second"
          />
        </Panel>
      </div>
      <QueueTable queues={queue.queues} />
      <Panel title="Single records: response time" lead="Median and 99th percentile of the last ten minutes.">
        <dl className="facts">
          <Latency name="Waiting in the queue" percentiles={queue.latency.prediction_wait_ms} />
          <Latency name="Request to result" percentiles={queue.latency.prediction_total_ms} />
        </dl>
      </Panel>
    </>
  );
}

function stateTile(queue: QueueState) {
  const name = 'State';
  if (queue.stalled_since !== null)
    return { name, value: 'Stalled', hint: `since ${formatTime(queue.stalled_since)}`, tone: 'error' as const };
  if (queue.workers_alive === 0) return { name, value: 'No worker', tone: 'error' as const };
  return queue.backlog_rows === 0 ? { name, value: 'Idle', hint: 'nothing waits' } : { name, value: 'Scoring' };
}

function Warnings({ queue }: { queue: QueueState }) {
  const paused = queue.queues.filter((entry) => entry.paused);
  const silent = queue.workers.filter(({ alive }) => !alive);
  return (
    <>
      {queue.workers_alive === 0 && (
        <Notice tone="error">
          <strong>No worker responds.</strong> New records and files are stored and wait; nothing is scored until a
          worker starts.
        </Notice>
      )}
      {queue.stalled_since !== null && queue.workers_alive > 0 && (
        <Notice tone="error">
          <p>
            <strong>
              {`Stalled since ${formatTime(queue.stalled_since)}: no row finishes, ${pluralize(queue.backlog_rows, { one: 'row waits', other: 'rows wait' })}.`}
            </strong>{' '}
            The shards of a worker that has died are given to another one within 75 s. If it lasts longer, restart the
            workers; accepted rows are stored and none is lost.
          </p>
        </Notice>
      )}
      {silent.length > 0 && queue.workers_alive > 0 && (
        <Notice tone="warning">
          <strong>{silent.map(({ id }) => id).join(', ')}</strong>{' '}
          {silent.length === 1 ? 'does not respond.' : 'do not respond.'} Other workers take over its shards when their
          locks end.
        </Notice>
      )}
      {paused.length > 0 && <Notice tone="warning">{`Paused: ${paused.map(({ name }) => name).join(', ')}.`}</Notice>}
    </>
  );
}

function clearingText({ drain_seconds: seconds, backlog_rows: rows }: QueueState): string {
  if (rows === 0) return 'empty';
  return seconds === null ? 'unknown' : formatDuration(seconds);
}

function Latency({ name, percentiles }: { name: string; percentiles: Percentiles | null }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {percentiles === null ? (
          <span className="muted">none in the last ten minutes</span>
        ) : (
          <>
            <span translate="no">{formatMilliseconds(percentiles.p50)}</span> <span className="muted">median</span>,{' '}
            <span translate="no">{formatMilliseconds(percentiles.p99)}</span>{' '}
            <span className="muted">99th percentile</span>
          </>
        )}
      </dd>
    </div>
  );
}
