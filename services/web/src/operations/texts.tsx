import type { QueueState } from '@cytoqueue/client';
import { pluralize } from '../ui/format';

export const TEXTS = {
  title: 'Operations',
  rows: 'Rows',
  state: 'State',
  oldestWait: 'Oldest wait',
  operationsPage: {
    asOf: (time: string | undefined) =>
      `${time === undefined ? 'Current state of the queue' : `As of ${time}; updates automatically every 2 s`}. No patient’s record is shown here.`,
    bullBoard: 'Job queue (Bull Board)',
    loadFailed: 'The queue could not be read.',
    now: 'Now',
    throughput: 'Throughput',
    rowsPerSecond: 'rows per second',
    backlog: 'Backlog',
    backlogHint: (jobs: number) => `rows in ${pluralize(jobs, { one: 'job', other: 'jobs' })}`,
    timeToClear: 'Time to clear',
    isEmpty: 'empty',
    unknown: 'unknown',
    workers: 'Workers responding',
    workersText: (alive: string, all: string) => `${alive} of ${all}`,
    failedShards: 'Failed shards',
    retriedJobs: 'Retried jobs',
    lastHour: 'in the last hour',
    backlogChart: 'Backlog in the last hour',
    throughputChart: 'Throughput in the last hour',
    rowsUnit: 'rows',
    stalled: 'Stalled',
    since: (time: string) => `since ${time}`,
    noWorker: 'No worker',
    idle: 'Idle',
    nothingWaits: 'nothing waits',
    scoring: 'Scoring',
    latency: 'Single records: response time',
    latencyLead: 'Median and 99th percentile of the last ten minutes.',
    waiting: 'Waiting in the queue',
    total: 'Request to result',
    noLatency: 'none in the last ten minutes',
    median: 'median',
    percentile99: '99th percentile',
  },
  warnings: {
    noWorker: (
      <>
        <strong>No worker responds.</strong> New records and files are stored and wait; nothing is scored until a worker
        starts.
      </>
    ),
    stalled: (time: string, rows: number) => (
      <>
        <strong>
          {`Stalled since ${time}: no row finishes, ${pluralize(rows, { one: 'row waits', other: 'rows wait' })}.`}
        </strong>{' '}
        The shards of a worker that has died are given to another one within 75 s. If it lasts longer, restart the
        workers; accepted rows are stored and none is lost.
      </>
    ),
    silent: (workers: readonly string[]) => (
      <>
        <strong>{workers.join(', ')}</strong> {workers.length === 1 ? 'does not respond.' : 'do not respond.'} Other
        workers take over its shards when their locks end.
      </>
    ),
    paused: (queues: readonly string[]) => `Paused: ${queues.join(', ')}.`,
  },
  workerTable: {
    title: 'Workers',
    lead: 'Each sends a heartbeat every two seconds and counts as not responding after seven seconds without one.',
    empty: 'No worker has sent a heartbeat in the last minutes.',
    table: 'List of workers',
    worker: 'Worker',
    lastHeartbeat: 'Last heartbeat',
    ago: (time: string) => `${time} ago`,
    slots: 'Shards at once',
    notResponding: 'Not responding',
    late: 'Heartbeat late',
    responding: 'Responding',
  },
  queueTable: {
    title: 'Queues',
    names: {
      predictions: 'Single records',
      shards: 'Shards of files',
      finalize: 'Preparing results files',
      trainings: 'Trainings',
    } satisfies Record<QueueState['queues'][number]['name'], string>,
    queue: 'Queue',
    waiting: 'Waiting',
    active: 'Active',
    delayed: 'Delayed',
    failed: 'Failed',
    paused: 'paused',
    running: 'running',
  },
  timeChart: {
    begins: 'The line begins with the next figures.',
    label: (now: string, unit: string, lowest: string, highest: string) =>
      `${now} ${unit} now; between ${lowest} and ${highest} in the last hour.`,
  },
};
