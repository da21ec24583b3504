import type { Gauge, GaugeName, MetricQueue } from '@cytoqueue/metrics';
import { defaultPolicy } from '@cytoqueue/scaling';
import type { QueueStatus } from './queue-status';

/**
 * Converts the status to all gauges of the catalogue. None may be missing: alarms and scaling depend on each of them.
 */
export function toGauges(status: QueueStatus): Gauge[] {
  const { backlogRows, backlogJobs, workersAlive } = status;
  const all = (name: GaugeName, value: number): Gauge => ({ name, queue: 'all', value });
  return [
    ...status.queues.flatMap(({ name: queue, rows, jobs, oldestAgeSeconds }) =>
      queueGauges(queue, { BacklogRows: rows, BacklogJobs: jobs, OldestJobAgeSeconds: oldestAgeSeconds }),
    ),
    all('BacklogRowsPerWorker', backlogRows / Math.max(1, workersAlive)),
    all(
      'DrainSeconds',
      backlogRows === 0
        ? 0
        : (status.drainSeconds ??
            Math.max(backlogRows / defaultPolicy.rowsPerSecondPerWorker, status.oldestJobAgeSeconds)),
    ),
    all('WorkersAlive', workersAlive),
    all('SensitivityBelowModelCard', status.sensitivityAlarms),
    all('HasBacklogWithoutWorkers', backlogJobs > 0 && workersAlive === 0 ? 1 : 0),
  ];
}

function queueGauges(
  queue: MetricQueue,
  values: { BacklogRows: number; BacklogJobs: number; OldestJobAgeSeconds: number },
): Gauge[] {
  const gauges = Object.entries(values).map(([name, value]) => ({ name: name as GaugeName, queue, value }));
  // Finalizers and trainings count no rows.
  return queue === 'finalize' || queue === 'trainings' ? gauges.filter(({ name }) => name !== 'BacklogRows') : gauges;
}
