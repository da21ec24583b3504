import type { FileWarning } from '@cytoqueue/client';
import { formatCount, pluralize } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { TableScroll } from '../../ui/table-scroll';
import { warningLabel } from './import-labels';

interface WarningsPanelProps {
  warnings: readonly FileWarning[];
  /** Warnings of the file; it may have more than are listed. */
  total: number;
}

const MAX_SHOWN = 20;

/** Lists what a reader of the results has to know about the file. Warned rows are scored all the same. */
export function WarningsPanel({ warnings, total }: WarningsPanelProps) {
  if (total === 0) return null;
  const shown = warnings.slice(0, MAX_SHOWN);
  return (
    <Panel
      title={pluralize(total, { one: 'warning', other: 'warnings' })}
      lead="The rows below were read as they are. Check them in your file before you use their results."
    >
      <TableScroll label="Warnings">
        <table className="list compact cards">
          <thead>
            <tr>
              <th scope="col">Kind</th>
              <th scope="col" className="number">
                Row
              </th>
              <th scope="col" className="number">
                Line
              </th>
              <th scope="col">Column</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ code, row, line, column, detail }, index) => (
              // Warnings may repeat.
              <tr key={index}>
                <th scope="row">{warningLabel(code)}</th>
                <td className="number" data-label="Row">
                  {row === undefined ? '–' : formatCount(row)}
                </td>
                <td className="number" data-label="Line">
                  {line === undefined ? '–' : formatCount(line)}
                </td>
                <td data-label="Column" translate="no">
                  {column ?? '–'}
                </td>
                <td data-label="Reason">{detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
      {total > shown.length && (
        <p className="small muted">
          and {pluralize(total - shown.length, { one: 'more warning', other: 'more warnings' })}
        </p>
      )}
    </Panel>
  );
}
