import type { FileWarning } from '@cytoqueue/client';
import { formatCount } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { TableScroll } from '../../ui/table-scroll';
import { warningLabel } from './import-labels';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

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
    <Panel title={TEXTS.warningsPanel.title(total)} lead={TEXTS.warningsPanel.lead}>
      <TableScroll label={TEXTS.warningsPanel.table}>
        <table className={`${ui.list} ${ui.compact} ${ui.cards}`}>
          <thead>
            <tr>
              <th scope="col">{TEXTS.warningsPanel.kind}</th>
              <th scope="col" className={ui.number}>
                {TEXTS.warningsPanel.row}
              </th>
              <th scope="col" className={ui.number}>
                {TEXTS.warningsPanel.line}
              </th>
              <th scope="col">{TEXTS.warningsPanel.column}</th>
              <th scope="col">{TEXTS.warningsPanel.reason}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ code, row, line, column, detail }, index) => (
              // Warnings may repeat.
              <tr key={index}>
                <th scope="row">{warningLabel(code)}</th>
                <td className={ui.number} data-label={TEXTS.warningsPanel.row}>
                  {row === undefined ? '–' : formatCount(row)}
                </td>
                <td className={ui.number} data-label={TEXTS.warningsPanel.line}>
                  {line === undefined ? '–' : formatCount(line)}
                </td>
                <td data-label={TEXTS.warningsPanel.column} translate="no">
                  {column ?? '–'}
                </td>
                <td data-label={TEXTS.warningsPanel.reason}>{detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
      {total > shown.length && <p className={ui.note}>{TEXTS.warningsPanel.more(total - shown.length)}</p>}
    </Panel>
  );
}
