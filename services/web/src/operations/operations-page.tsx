import type { Percentiles, QueueState } from '@cytoqueue/client';
import { withBasePath } from '../api/base-path';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { formatCount, formatDateTimeSeconds, formatDuration, formatMilliseconds, formatTime } from '../ui/format';
import { Notice } from '../ui/notice';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { StatTiles } from '../ui/stat-tiles';
import { useSession } from '../session/use-session';
import { QueueTable } from './queue-table';
import { TimeChart } from './time-chart';
import { type QueuePoint, useQueueHistory } from './use-queue-history';
import { WorkerTable } from './worker-table';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

export function OperationsPage() {
  usePageTitle(TEXTS.title);
  const session = useSession();
  const { data: queue, history, error, refetch } = useQueueHistory();
  return (
    <div className={ui.page}>
      <header className={ui.pageHead}>
        <div>
          <h1>{TEXTS.title}</h1>
          <p className={ui.note}>{TEXTS.operationsPage.asOf(queue && formatDateTimeSeconds(queue.as_of))}</p>
        </div>
        {session?.platform === true && (
          <a className={ui.button} href={withBasePath('/admin/queues')}>
            {TEXTS.operationsPage.bullBoard}
          </a>
        )}
      </header>
      {error !== null && (
        <ErrorNotice error={error} what={TEXTS.operationsPage.loadFailed} onRetry={() => void refetch()} />
      )}
      {queue === undefined ? error === null && <Loading /> : <Queue queue={queue} history={history} />}
    </div>
  );
}

function Queue({ queue, history }: { queue: QueueState; history: readonly QueuePoint[] }) {
  return (
    <>
      <Warnings queue={queue} />
      <Panel title={TEXTS.operationsPage.now}>
        <StatTiles
          tiles={[
            stateTile(queue),
            {
              name: TEXTS.operationsPage.throughput,
              value: formatCount(queue.rows_per_second),
              hint: TEXTS.operationsPage.rowsPerSecond,
            },
            {
              name: TEXTS.operationsPage.backlog,
              value: formatCount(queue.backlog_rows),
              hint: TEXTS.operationsPage.backlogHint(queue.backlog_jobs),
            },
            { name: TEXTS.oldestWait, value: formatDuration(queue.oldest_job_age_seconds) },
            { name: TEXTS.operationsPage.timeToClear, value: clearingText(queue) },
            {
              name: TEXTS.operationsPage.workers,
              value: TEXTS.operationsPage.workersText(
                formatCount(queue.workers_alive),
                formatCount(queue.workers.length),
              ),
              tone: queue.workers_alive < Math.max(1, queue.workers.length) ? 'warning' : undefined,
            },
            {
              name: TEXTS.operationsPage.failedShards,
              value: formatCount(queue.failures.shards_failed),
              hint: TEXTS.operationsPage.lastHour,
              tone: queue.failures.shards_failed > 0 ? 'warning' : undefined,
            },
            {
              name: TEXTS.operationsPage.retriedJobs,
              value: formatCount(queue.failures.jobs_retried),
              hint: TEXTS.operationsPage.lastHour,
            },
          ]}
        />
      </Panel>
      <WorkerTable queue={queue} />
      <div className={ui.two}>
        <Panel title={TEXTS.operationsPage.backlogChart}>
          <TimeChart
            points={history.flatMap(({ at, backlogRows }) =>
              backlogRows === null ? [] : [{ at, value: backlogRows }],
            )}
            unit={TEXTS.operationsPage.rowsUnit}
          />
        </Panel>
        <Panel title={TEXTS.operationsPage.throughputChart}>
          <TimeChart
            points={history.map(({ at, rowsPerSecond }) => ({ at, value: rowsPerSecond }))}
            unit={TEXTS.operationsPage.rowsPerSecond}
          />
        </Panel>
      </div>
      <QueueTable queues={queue.queues} />
      <Panel title={TEXTS.operationsPage.latency} lead={TEXTS.operationsPage.latencyLead}>
        <dl className={ui.facts}>
          <Latency name={TEXTS.operationsPage.waiting} percentiles={queue.latency.prediction_wait_ms} />
          <Latency name={TEXTS.operationsPage.total} percentiles={queue.latency.prediction_total_ms} />
        </dl>
      </Panel>
    </>
  );
}

function stateTile(queue: QueueState) {
  const name = TEXTS.state;
  if (queue.stalled_since !== null)
    return {
      name,
      value: TEXTS.operationsPage.stalled,
      hint: TEXTS.operationsPage.since(formatTime(queue.stalled_since)),
      tone: 'error' as const,
    };
  if (queue.workers_alive === 0) return { name, value: TEXTS.operationsPage.noWorker, tone: 'error' as const };
  return queue.backlog_rows === 0
    ? { name, value: TEXTS.operationsPage.idle, hint: TEXTS.operationsPage.nothingWaits }
    : { name, value: TEXTS.operationsPage.scoring };
}

function Warnings({ queue }: { queue: QueueState }) {
  const paused = queue.queues.filter((entry) => entry.paused);
  const silent = queue.workers.filter(({ alive }) => !alive);
  return (
    <>
      {queue.workers_alive === 0 && <Notice tone="error">{TEXTS.warnings.noWorker}</Notice>}
      {queue.stalled_since !== null && queue.workers_alive > 0 && (
        <Notice tone="error">
          <p>{TEXTS.warnings.stalled(formatTime(queue.stalled_since), queue.backlog_rows)}</p>
        </Notice>
      )}
      {silent.length > 0 && queue.workers_alive > 0 && (
        <Notice tone="warning">{TEXTS.warnings.silent(silent.map(({ id }) => id))}</Notice>
      )}
      {paused.length > 0 && <Notice tone="warning">{TEXTS.warnings.paused(paused.map(({ name }) => name))}</Notice>}
    </>
  );
}

function clearingText({ drain_seconds: seconds, backlog_rows: rows }: QueueState): string {
  if (rows === 0) return TEXTS.operationsPage.isEmpty;
  return seconds === null ? TEXTS.operationsPage.unknown : formatDuration(seconds);
}

function Latency({ name, percentiles }: { name: string; percentiles: Percentiles | null }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {percentiles === null ? (
          <span className={ui.muted}>{TEXTS.operationsPage.noLatency}</span>
        ) : (
          <>
            <span translate="no">{formatMilliseconds(percentiles.p50)}</span>{' '}
            <span className={ui.muted}>{TEXTS.operationsPage.median}</span>,{' '}
            <span translate="no">{formatMilliseconds(percentiles.p99)}</span>{' '}
            <span className={ui.muted}>{TEXTS.operationsPage.percentile99}</span>
          </>
        )}
      </dd>
    </div>
  );
}
