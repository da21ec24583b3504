import type { ImportReport } from '@cytoqueue/client';
import { Panel } from '../../ui/panel';
import { delimiterLabel, skippedRowsText } from './import-labels';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './import.module.css';

/** Shows how the file was read, and every change that was made to read it. */
export function ImportPanel({ report }: { report: ImportReport }) {
  const { container, encoding, delimiter, decimal, header_line, sheet, repairs, profile } = report;
  const skipped = skippedRowsText(report.skipped_rows);
  const facts = [
    [TEXTS.importPanel.type, TEXTS.containers[container]],
    [TEXTS.importPanel.encoding, encoding?.toUpperCase().replace('WINDOWS', 'Windows') ?? null],
    [TEXTS.importPanel.sheet, sheet],
    [TEXTS.importPanel.separator, delimiter === null ? null : delimiterLabel(delimiter)],
    [TEXTS.importPanel.decimalSign, TEXTS.decimals[decimal]],
    [TEXTS.importPanel.header, header_line === null ? null : TEXTS.importPanel.headerLine(header_line)],
    [TEXTS.importPanel.skippedRows, skipped === '' ? TEXTS.importPanel.none : skipped],
    [TEXTS.importPanel.profile, profile?.name ?? TEXTS.importPanel.none],
  ].filter((fact): fact is [string, string] => fact[1] !== null);
  return (
    <Panel title={TEXTS.importPanel.title}>
      <dl className={`${ui.facts} ${styles.importFacts}`}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd translate="no">{value}</dd>
          </div>
        ))}
      </dl>
      {repairs.length > 0 && (
        <>
          <h3>{TEXTS.importPanel.changes}</h3>
          <ul className={`${ui.bullets} ${ui.small}`}>
            {repairs.map(({ code, detail }) => (
              <li key={code}>{detail}</li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}
