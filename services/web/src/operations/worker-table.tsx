import type { QueueState } from '@cytoqueue/client';
import { DataTable } from '../ui/data-table';
import { formatCount, formatDuration, formatTime } from '../ui/format';
import { Panel } from '../ui/panel';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

/** Heartbeats come every two seconds. */
const LATE_AFTER_SECONDS = 4;

/** The workers with the age of their last heartbeat, which shows a dead worker before it counts as dead. */
export function WorkerTable({ queue: { workers, as_of } }: { queue: QueueState }) {
  return (
    <Panel title={TEXTS.workerTable.title} lead={TEXTS.workerTable.lead}>
      {workers.length === 0 ? (
        <p className={ui.muted}>{TEXTS.workerTable.empty}</p>
      ) : (
        <DataTable
          label={TEXTS.workerTable.table}
          rows={workers}
          rowKey={({ id }) => id}
          columns={[
            { title: TEXTS.workerTable.worker, isVerbatim: true, cell: ({ id }) => id },
            {
              title: TEXTS.state,
              cell: ({ alive, last_heartbeat_at: at }) => (
                <WorkerState isAlive={alive} silentSeconds={secondsBetween(at, as_of)} />
              ),
            },
            {
              title: TEXTS.workerTable.lastHeartbeat,
              isVerbatim: true,
              cell: ({ last_heartbeat_at: at }) => (
                <span className={ui.nowrap}>
                  {TEXTS.workerTable.ago(formatDuration(Math.round(secondsBetween(at, as_of))))}{' '}
                  <span className={ui.note}>{formatTime(at)}</span>
                </span>
              ),
            },
            { title: TEXTS.workerTable.slots, isNumber: true, cell: ({ slots }) => formatCount(slots) },
          ]}
        />
      )}
    </Panel>
  );
}

function WorkerState({ isAlive, silentSeconds }: { isAlive: boolean; silentSeconds: number }) {
  if (!isAlive) return <strong className={`${ui.chip} ${ui.chipError}`}>{TEXTS.workerTable.notResponding}</strong>;
  return silentSeconds > LATE_AFTER_SECONDS ? (
    <strong className={`${ui.chip} ${ui.chipWarning}`}>{TEXTS.workerTable.late}</strong>
  ) : (
    <span>{TEXTS.workerTable.responding}</span>
  );
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1_000);
}
