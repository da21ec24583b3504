import type { QueueState } from '@cytoqueue/client';
import { DataTable } from '../ui/data-table';
import { formatCount, formatDuration, formatTime } from '../ui/format';
import { Panel } from '../ui/panel';

/** Heartbeats come every five seconds. */
const LATE_AFTER_SECONDS = 7;

/** The workers with the age of their last heartbeat, which shows a dead worker before it counts as dead. */
export function WorkerTable({ queue: { workers, as_of } }: { queue: QueueState }) {
  return (
    <Panel title="Workers" lead="Each sends a heartbeat every 5 s and counts as not responding after 16 s without one.">
      {workers.length === 0 ? (
        <p className="muted">No worker has sent a heartbeat in the last minutes.</p>
      ) : (
        <DataTable
          label="List of workers"
          rows={workers}
          rowKey={({ id }) => id}
          columns={[
            { title: 'Worker', isVerbatim: true, cell: ({ id }) => id },
            {
              title: 'State',
              cell: ({ alive, last_heartbeat_at: at }) => (
                <WorkerState isAlive={alive} silentSeconds={secondsBetween(at, as_of)} />
              ),
            },
            {
              title: 'Last heartbeat',
              isVerbatim: true,
              cell: ({ last_heartbeat_at: at }) => (
                <span className="nowrap">
                  {`${formatDuration(Math.round(secondsBetween(at, as_of)))} ago`}{' '}
                  <span className="muted small">{formatTime(at)}</span>
                </span>
              ),
            },
            { title: 'Shards at once', isNumber: true, cell: ({ slots }) => formatCount(slots) },
          ]}
        />
      )}
    </Panel>
  );
}

function WorkerState({ isAlive, silentSeconds }: { isAlive: boolean; silentSeconds: number }) {
  if (!isAlive) return <strong className="chip error">Not responding</strong>;
  return silentSeconds > LATE_AFTER_SECONDS ? (
    <strong className="chip warning">Heartbeat late</strong>
  ) : (
    <span>Responding</span>
  );
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1_000);
}
