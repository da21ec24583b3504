import type { BatchSettings, Preflight } from '@cytoqueue/client';
import type { ReactNode } from 'react';
import { modelLabel } from '../../models/model-reference';
import { Notice } from '../../ui/notice';
import { Panel } from '../../ui/panel';
import { formatBytes, formatCount, formatDuration, formatShare } from '../../ui/format';
import { DriftBanner } from '../drift-banner';
import { DriftView } from '../drift-view';
import { ErrorBreakdown } from '../error-breakdown';
import { useImportProfiles } from './import-profiles';
import { ImportPanel } from '../import/import-panel';
import { WarningsPanel } from '../import/warnings-panel';
import { ColumnMappingPanel } from './column-mapping-panel';
import { StatTiles } from '../../ui/stat-tiles';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

interface PreflightReportProps {
  report: Preflight;
  scope: 'sample' | 'full';
  fileBytes: number;
  /** With which the file was checked. */
  settings: BatchSettings;
  onProfileSaved: (name: string) => void;
  onUnsavedChoices: (areUnsaved: boolean) => void;
  /** Possible next actions. */
  children: ReactNode;
}

const MAX_LISTED = 20;

/** Report of the file check; nothing has been stored yet. */
export function PreflightReport(props: PreflightReportProps) {
  const { report, scope, fileBytes, settings, onProfileSaved, onUnsavedChoices, children } = props;
  const { rows } = report;
  const columns = report.columns.length > 0 && (
    <ColumnMappingPanel
      // Columns are chosen by their position: a file that is read in another way has others.
      key={JSON.stringify([settings.model, settings.profile, settings.sheet, settings.charset])}
      report={report}
      settings={settings}
      onSaved={onProfileSaved}
      onUnsavedChoices={onUnsavedChoices}
    />
  );
  if (!report.accepted || rows === null)
    return (
      <>
        <Refusal report={report} />
        {columns}
        <WarningsPanel warnings={report.warnings} total={report.warnings_total} />
      </>
    );
  const title = scope === 'full' ? TEXTS.preflightReport.fullCheck : TEXTS.preflightReport.sampleCheck;
  return (
    <>
      <DriftBanner drift={report.drift} isScored={false} />
      <Panel title={title}>
        <StatTiles
          tiles={[
            {
              name: TEXTS.preflightReport.rows,
              value: formatCount(rows.total),
              hint:
                scope === 'full'
                  ? formatBytes(fileBytes)
                  : TEXTS.preflightReport.partOf(formatBytes(report.bytes ?? 0), formatBytes(fileBytes)),
            },
            {
              name: TEXTS.preflightReport.valid,
              value: formatCount(rows.valid),
              hint: formatShare(rows.total === 0 ? 0 : rows.valid / rows.total),
            },
            {
              name: TEXTS.preflightReport.invalid,
              value: formatCount(rows.rejected),
              tone: rows.rejected > 0 ? 'warning' : undefined,
            },
            {
              name: TEXTS.preflightReport.incomplete,
              value: formatCount(rows.with_missing_features),
              hint: TEXTS.preflightReport.incompleteHint,
            },
            {
              name: TEXTS.preflightReport.repeated,
              value: formatCount(rows.repeated),
              hint: TEXTS.preflightReport.repeatedHint,
            },
            ...(report.eta_seconds === null
              ? []
              : [{ name: TEXTS.preflightReport.duration, value: formatDuration(report.eta_seconds) }]),
          ]}
        />
        <p className={ui.note}>{TEXTS.preflightReport.scoredBy(modelLabel(report.model))}</p>
        {children}
      </Panel>
      {rows.rejected > 0 && (
        <Panel title={TEXTS.preflightReport.invalid} lead={TEXTS.preflightReport.invalidLead}>
          <ErrorBreakdown counts={report.rejected_by_code} />
          <details>
            <summary>{examplesTitle(report.errors.length)}</summary>
            <ul className={ui.small}>
              {report.errors.slice(0, MAX_LISTED).map(({ row, line, detail }) => (
                <li key={`${row}-${detail}`}>
                  {TEXTS.preflightReport.error(formatCount(row), line === null ? undefined : formatCount(line), detail)}
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
  return errors > MAX_LISTED ? TEXTS.preflightReport.firstErrors(MAX_LISTED) : TEXTS.preflightReport.errors(errors);
}

function Refusal({ report }: { report: Preflight }) {
  const hasProfiles = useImportProfiles().length > 0;
  return (
    <Notice tone="error">
      <p>
        <strong>{TEXTS.notAcceptable}</strong>{' '}
        {report.columns.length > 0 && TEXTS.preflightReport.chooseColumns(hasProfiles)}
      </p>
      <ul>
        {report.problems.slice(0, MAX_LISTED).map(({ detail }, index) => (
          <li key={index}>{detail}</li>
        ))}
      </ul>
    </Notice>
  );
}
