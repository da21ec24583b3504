import type { QueueState } from '@cytoqueue/client';
import { formatCount, formatDuration } from '../ui/format';
import { Panel } from '../ui/panel';
import { TableScroll } from '../ui/table-scroll';

const QUEUE_LABELS = {
  predictions: 'Single records',
  shards: 'Shards of files',
  finalize: 'Preparing results files',
  trainings: 'Trainings',
};

export function QueueTable({ queues }: { queues: QueueState['queues'] }) {
  return (
    <Panel title="Queues">
      <TableScroll label="Queues">
        <table className="list">
          <thead>
            <tr>
              <th scope="col">Queue</th>
              <th scope="col" className="number">
                Waiting
              </th>
              <th scope="col" className="number">
                Active
              </th>
              <th scope="col" className="number">
                Delayed
              </th>
              <th scope="col" className="number">
                Failed
              </th>
              <th scope="col" className="number">
                Rows
              </th>
              <th scope="col" className="number">
                Oldest wait
              </th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {queues.map((queue) => (
              <tr key={queue.name}>
                <th scope="row">
                  {QUEUE_LABELS[queue.name]} <span className="muted small">({queue.name})</span>
                </th>
                <td className="number">{formatCount(queue.waiting + queue.prioritized)}</td>
                <td className="number">{formatCount(queue.active)}</td>
                <td className="number">{formatCount(queue.delayed)}</td>
                <td className="number">{formatCount(queue.failed)}</td>
                <td className="number">{formatCount(queue.backlog_rows)}</td>
                <td className="number nowrap">
                  {queue.waiting + queue.prioritized + queue.delayed + queue.active === 0
                    ? '–'
                    : formatDuration(queue.oldest_job_age_seconds)}
                </td>
                <td>{queue.paused ? 'paused' : 'running'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </Panel>
  );
}
