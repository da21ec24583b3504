import type { QueueState } from '@cytoqueue/client';
import { formatCount, formatDuration } from '../ui/format';
import { Panel } from '../ui/panel';
import { TableScroll } from '../ui/table-scroll';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

export function QueueTable({ queues }: { queues: QueueState['queues'] }) {
  return (
    <Panel title={TEXTS.queueTable.title}>
      <TableScroll label={TEXTS.queueTable.title}>
        <table className={ui.list}>
          <thead>
            <tr>
              <th scope="col">{TEXTS.queueTable.queue}</th>
              <th scope="col" className={ui.number}>
                {TEXTS.queueTable.waiting}
              </th>
              <th scope="col" className={ui.number}>
                {TEXTS.queueTable.active}
              </th>
              <th scope="col" className={ui.number}>
                {TEXTS.queueTable.delayed}
              </th>
              <th scope="col" className={ui.number}>
                {TEXTS.queueTable.failed}
              </th>
              <th scope="col" className={ui.number}>
                {TEXTS.rows}
              </th>
              <th scope="col" className={ui.number}>
                {TEXTS.oldestWait}
              </th>
              <th scope="col">{TEXTS.state}</th>
            </tr>
          </thead>
          <tbody>
            {queues.map((queue) => (
              <tr key={queue.name}>
                <th scope="row">
                  {TEXTS.queueTable.names[queue.name]} <span className={`${ui.note} ${ui.aside}`}>({queue.name})</span>
                </th>
                <td className={ui.number}>{formatCount(queue.waiting + queue.prioritized)}</td>
                <td className={ui.number}>{formatCount(queue.active)}</td>
                <td className={ui.number}>{formatCount(queue.delayed)}</td>
                <td className={ui.number}>{formatCount(queue.failed)}</td>
                <td className={ui.number}>{formatCount(queue.backlog_rows)}</td>
                <td className={`${ui.number} ${ui.nowrap}`}>
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
