import type { BatchSettings, Preflight } from '@cytoqueue/client';
import type { ReactNode } from 'react';
import { Notice } from '../../ui/notice';
import { Panel } from '../../ui/panel';
import { pluralize, formatBytes, formatCount, formatDuration, formatShare } from '../../ui/format';
import { DriftBanner } from '../drift-banner';
import { DriftView } from '../drift-view';
import { ErrorBreakdown } from '../error-breakdown';
import { ImportPanel } from '../import/import-panel';
import { WarningsPanel } from '../import/warnings-panel';
import { ColumnMappingPanel } from './column-mapping-panel';
import { StatTiles } from '../../ui/stat-tiles';

interface PreflightReportProps {
  report: Preflight;
  scope: 'sample' | 'full';
  fileBytes: number;
  /** With which the file was checked. */
  settings: BatchSettings;
  onProfileSaved: (name: string) => void;
  /** Possible next actions. */
  children: ReactNode;
}

const MAX_LISTED = 20;

/** Report of the file check; nothing has been stored yet. */
export function PreflightReport(props: PreflightReportProps) {
  const { report, scope, fileBytes, settings, onProfileSaved, children } = props;
  const { rows } = report;
  const columns = report.columns.length > 0 && (
    <ColumnMappingPanel
      // Columns are chosen by their position: a file that is read in another way has others.
      key={JSON.stringify([settings.model, settings.profile, settings.sheet, settings.charset])}
      report={report}
      settings={settings}
      onSaved={onProfileSaved}
    />
  );
  if (!report.accepted)
    return (
      <>
        <Refusal report={report} />
        {columns}
        <WarningsPanel warnings={report.warnings} total={report.warnings_total} />
      </>
    );
  const title = scope === 'full' ? 'Check of the file' : 'Check of the first rows';
  return (
    <>
      <DriftBanner drift={report.drift} isScored={false} />
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
          To be scored by {report.model.name} {report.model.version}.
        </p>
        {children}
      </Panel>
      {rows.rejected > 0 && (
        <Panel
          title="Invalid rows"
          lead="These rows will not be scored. You can download them in a separate file, to correct and resubmit."
        >
          <ErrorBreakdown counts={report.rejected_by_code} />
          <details>
            <summary>{examplesTitle(report.errors.length)}</summary>
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
      <WarningsPanel warnings={report.warnings} total={report.warnings_total} />
      {columns}
      {report.import !== null && <ImportPanel report={report.import} />}
      {report.drift.psi !== undefined && (
        <DriftView drift={{ psi: report.drift.psi, notes: report.drift.notes ?? [] }} />
      )}
    </>
  );
}

function examplesTitle(errors: number): string {
  return errors > MAX_LISTED ? `The first ${MAX_LISTED} errors` : pluralize(errors, { one: 'error', other: 'errors' });
}

function Refusal({ report }: { report: Preflight }) {
  return (
    <Notice tone="error">
      <p>
        <strong>The file cannot be accepted.</strong>
        {report.columns.length > 0 && ' Choose the use of its columns below, or correct the file.'}
      </p>
      <ul>
        {report.problems.slice(0, MAX_LISTED).map(({ detail }, index) => (
          <li key={index}>{detail}</li>
        ))}
      </ul>
    </Notice>
  );
}
