import type { QueueState } from '@cytoqueue/client';
import { formatCount, formatDuration } from '../ui/format';
import { Panel } from '../ui/panel';
import { TableScroll } from '../ui/table-scroll';
import { TEXTS } from './texts';

export function QueueTable({ queues }: { queues: QueueState['queues'] }) {
  return (
    <Panel title={TEXTS.queueTable.title}>
      <TableScroll label={TEXTS.queueTable.title}>
        <table className="list">
          <thead>
            <tr>
              <th scope="col">{TEXTS.queueTable.queue}</th>
              <th scope="col" className="number">
                {TEXTS.queueTable.waiting}
              </th>
              <th scope="col" className="number">
                {TEXTS.queueTable.active}
              </th>
              <th scope="col" className="number">
                {TEXTS.queueTable.delayed}
              </th>
              <th scope="col" className="number">
                {TEXTS.queueTable.failed}
              </th>
              <th scope="col" className="number">
                {TEXTS.rows}
              </th>
              <th scope="col" className="number">
                {TEXTS.oldestWait}
              </th>
              <th scope="col">{TEXTS.state}</th>
            </tr>
          </thead>
          <tbody>
            {queues.map((queue) => (
              <tr key={queue.name}>
                <th scope="row">
                  {TEXTS.queueTable.names[queue.name]} <span className="muted small">({queue.name})</span>
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
                <td>{queue.paused ? TEXTS.queueTable.paused : TEXTS.queueTable.running}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </Panel>
  );
}
