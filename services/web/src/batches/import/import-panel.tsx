import type { ImportReport } from '@cytoqueue/client';
import { Panel } from '../../ui/panel';
import { CONTAINER_LABELS, DECIMAL_LABELS, delimiterLabel, skippedRowsText } from './import-labels';

/** Shows how the file was read, and every change that was made to read it. */
export function ImportPanel({ report }: { report: ImportReport }) {
  const { container, encoding, delimiter, decimal, header_line, sheet, repairs, profile } = report;
  const skipped = skippedRowsText(report.skipped_rows);
  const facts = [
    ['Type', CONTAINER_LABELS[container]],
    ['Encoding', encoding?.toUpperCase().replace('WINDOWS', 'Windows') ?? null],
    ['Sheet', sheet],
    ['Separator', delimiter === null ? null : delimiterLabel(delimiter)],
    ['Decimal sign', DECIMAL_LABELS[decimal]],
    ['Header', header_line === null ? null : `line ${header_line}`],
    ['Rows left out', skipped === '' ? 'none' : skipped],
    ['Import profile', profile?.name ?? 'none'],
  ].filter((fact): fact is [string, string] => fact[1] !== null);
  return (
    <Panel title="How the file was read">
      <dl className="facts import-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd translate="no">{value}</dd>
          </div>
        ))}
      </dl>
      {repairs.length > 0 && (
        <>
          <h3>Changes made to read it</h3>
          <ul className="notes small">
            {repairs.map(({ code, detail }) => (
              <li key={code}>{detail}</li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}
