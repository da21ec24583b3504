import type { QueueState } from '@cytoqueue/client';
import { formatCount, formatDuration, formatTime } from '../ui/format';
import { Panel } from '../ui/panel';
import { TableScroll } from '../ui/table-scroll';

/** Heartbeats come every five seconds. */
const LATE_AFTER_SECONDS = 7;

/** The workers with the age of their last heartbeat, which shows a dead worker before it counts as dead. */
export function WorkerTable({ queue: { workers, as_of } }: { queue: QueueState }) {
  return (
    <Panel title="Workers" lead="Each sends a heartbeat every 5 s and counts as not responding after 16 s without one.">
      {workers.length === 0 ? (
        <p className="muted">No worker has sent a heartbeat in the last minutes.</p>
      ) : (
        <TableScroll label="List of workers">
          <table className="list cards">
            <thead>
              <tr>
                <th scope="col">Worker</th>
                <th scope="col">State</th>
                <th scope="col">Last heartbeat</th>
                <th scope="col" className="number">
                  Shards at once
                </th>
              </tr>
            </thead>
            <tbody>
              {workers.map(({ id, alive, slots, last_heartbeat_at: at }) => (
                <tr key={id}>
                  <th scope="row" translate="no">
                    {id}
                  </th>
                  <td data-label="State">
                    <WorkerState isAlive={alive} silentSeconds={secondsBetween(at, as_of)} />
                  </td>
                  <td data-label="Last heartbeat" className="nowrap">
                    <span translate="no">{`${formatDuration(Math.round(secondsBetween(at, as_of)))} ago`}</span>{' '}
                    <span className="muted small" translate="no">
                      {formatTime(at)}
                    </span>
                  </td>
                  <td data-label="Shards at once" className="number" translate="no">
                    {formatCount(slots)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableScroll>
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
