import type { Preflight } from '@cytoqueue/client';
import type { ReactNode } from 'react';
import { Notice } from '../../ui/notice';
import { Panel } from '../../ui/panel';
import { pluralize, formatBytes, formatCount, formatDuration, formatShare } from '../../ui/format';
import { DriftView } from '../drift-view';
import { ErrorBreakdown } from '../error-breakdown';
import { StatTiles } from '../../ui/stat-tiles';
import { TableScroll } from '../../ui/table-scroll';

interface PreflightReportProps {
  report: Preflight;
  scope: 'sample' | 'full';
  fileBytes: number;
  /** Possible next actions. */
  children: ReactNode;
}

const DELIMITERS: Readonly<Record<string, string>> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' };
const MAX_LISTED = 20;

/** Report of the file check; nothing has been stored yet. */
export function PreflightReport({ report, scope, fileBytes, children }: PreflightReportProps) {
  const { rows } = report;
  if (!report.accepted) return <Refusal report={report} />;
  const title = scope === 'full' ? 'Check of the file' : 'Check of the first rows';
  return (
    <>
      <Panel title={title}>
        <StatTiles
          tiles={[
            {
              name: 'Rows',
              value: formatCount(rows.total),
              hint:
                scope === 'full'
                  ? formatBytes(fileBytes)
                  : `in ${formatBytes(report.bytes)} of ${formatBytes(fileBytes)}`,
            },
            {
              name: 'Can be scored',
              value: formatCount(rows.valid),
              hint: formatShare(rows.total === 0 ? 0 : rows.valid / rows.total),
            },
            {
              name: 'Invalid rows',
              value: formatCount(rows.rejected),
              tone: rows.rejected > 0 ? 'warning' : undefined,
            },
            { name: 'Incomplete', value: formatCount(rows.with_missing_features), hint: 'with missing values' },
            { name: 'Repeated', value: formatCount(rows.repeated), hint: 'same as an earlier row' },
            ...(report.eta_seconds === null
              ? []
              : [{ name: 'Scoring takes about', value: formatDuration(report.eta_seconds) }]),
          ]}
        />
        <p className="small muted">
          Separated by {DELIMITERS[report.dialect.delimiter] ?? report.dialect.delimiter}; to be scored by{' '}
          {report.model.name} {report.model.version}.
        </p>
        {children}
      </Panel>
      {rows.rejected > 0 && (
        <Panel
          title="Bad rows"
          lead="These rows will not be scored. You can download them in a separate file, to correct and resubmit."
        >
          <ErrorBreakdown counts={report.rejected_by_code} />
          <details>
            <summary>The first {pluralize(Math.min(MAX_LISTED, report.errors.length), 'place')}</summary>
            <ul className="small">
              {report.errors.slice(0, MAX_LISTED).map(({ row, line, detail }) => (
                <li key={`${row}-${detail}`}>
                  Row {formatCount(row)}
                  {line === null ? '' : `, line ${formatCount(line)}`}: {detail}
                </li>
              ))}
            </ul>
          </details>
        </Panel>
      )}
      <FileNotes report={report} />
      <ColumnsPanel report={report} />
      {report.drift.psi !== undefined && (
        <DriftView drift={{ psi: report.drift.psi, notes: report.drift.notes ?? [] }} />
      )}
    </>
  );
}

function Refusal({ report }: { report: Preflight }) {
  return (
    <>
      <Notice tone="error">
        <p>The file cannot be accepted.</p>
        <ul>
          {report.problems.slice(0, MAX_LISTED).map(({ detail }, index) => (
            <li key={index}>{detail}</li>
          ))}
        </ul>
      </Notice>
      {report.columns.length > 0 && <ColumnsPanel report={report} />}
    </>
  );
}

/** Repairs and warnings, of which a reader of the results has to know. */
function FileNotes({ report }: { report: Preflight }) {
  const repairs = report.import?.repairs ?? [];
  if (repairs.length === 0 && report.warnings_total === 0) return null;
  const more = report.warnings_total - Math.min(MAX_LISTED, report.warnings.length);
  return (
    <Panel title="How the file was read">
      <ul className="small">
        {repairs.map(({ code, detail }) => (
          <li key={code}>{detail}</li>
        ))}
        {report.warnings.slice(0, MAX_LISTED).map(({ row, line, detail }, index) => (
          <li key={index}>
            <strong>Warning</strong>
            {row === undefined ? '' : `, row ${formatCount(row)}`}
            {line === undefined ? '' : `, line ${formatCount(line)}`}: {detail}
          </li>
        ))}
      </ul>
      {more > 0 && <p className="small muted">and {pluralize(more, 'more warning')}</p>}
    </Panel>
  );
}

const COLUMN_USE_LABELS = {
  feature: 'feature',
  label: 'known class: passed through, not used',
  id: 'identifier: passed through, not used',
  carried: 'passed through unchanged',
};

function ColumnsPanel({ report }: { report: Preflight }) {
  return (
    <Panel title="Matched columns">
      <TableScroll label="Columns">
        <table className="list compact">
          <thead>
            <tr>
              <th scope="col">Column of the file</th>
              <th scope="col">Is taken for</th>
              <th scope="col" className="number">
                Not measured
              </th>
            </tr>
          </thead>
          <tbody>
            {report.columns.map(({ column, used_as, feature, matched_by, suggestion }, index) => (
              // Columns that are only passed through may share a name.
              <tr key={index}>
                <th scope="row">{column === '' ? <span className="muted">(no name)</span> : column}</th>
                <td>
                  {used_as === 'feature' ? (
                    <strong>{feature?.replaceAll('_', ' ')}</strong>
                  ) : (
                    <span className="muted">{COLUMN_USE_LABELS[used_as]}</span>
                  )}
                  {suggestion !== undefined && <span>; did you mean {suggestion.replaceAll('_', ' ')}?</span>}
                  {matched_by === 'alias' && <span className="muted"> by a known other name</span>}
                </td>
                <td className="number">
                  {feature !== undefined && formatCount(report.missing_by_feature[feature] ?? 0)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </Panel>
  );
}
