import type { Estimate, Performance, PerformanceEntry } from '@cytoqueue/client';
import { Link } from 'react-router';
import { useEvaluation } from '../models/evaluation';
import { useModelVersion } from '../models/model-queries';
import { modelAddress, modelLabel, parseModelReference } from '../models/model-reference';
import { DataTable } from '../ui/data-table';
import { formatCount, formatDateTime, formatFixed, formatShare } from '../ui/format';
import { IntervalBar } from '../ui/interval-bar';
import { Notice } from '../ui/notice';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { QueryState } from '../ui/query-state';
import { ConfirmationsPanel } from './confirmations-panel';
import { ConfirmDiagnosisPanel } from './confirm-diagnosis-panel';
import { DriftPanel } from './drift-panel';
import { MonthsPanel } from './months-panel';
import { usePerformance } from './performance-queries';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

export function PerformancePage() {
  usePageTitle(TEXTS.title);
  const query = usePerformance();
  return (
    <div className={ui.page}>
      <h1>{TEXTS.title}</h1>
      <p className={ui.lead}>{TEXTS.lead}</p>
      <QueryState query={query} what={TEXTS.loadFailed}>
        {(performance) => <Figures performance={performance} />}
      </QueryState>
      <DriftPanel />
      <ConfirmDiagnosisPanel />
      <ConfirmationsPanel />
    </div>
  );
}

function Figures({ performance: { updated_at, data, notes } }: { performance: Performance }) {
  const nameOf = ({ model, operating_point }: PerformanceEntry): string => `${model} ${operating_point}`;
  const names = [...new Set(data.map(nameOf))];
  const confirmed = data.some((entry) => entry.confirmed > 0);
  if (!confirmed)
    return (
      <Panel title={TEXTS.noneConfirmed}>
        <p>{TEXTS.noneConfirmedText}</p>
      </Panel>
    );
  return (
    <>
      {notes.map(({ code, text }) => (
        <Notice key={code} tone="warning">
          <p>{text}</p>
        </Notice>
      ))}
      {names.map((name) => (
        <ModelFigures key={name} entries={data.filter((entry) => nameOf(entry) === name)} />
      ))}
      <MonthsPanel />
      {updated_at !== null && <p className={ui.note}>{TEXTS.asOf(formatDateTime(updated_at))}</p>}
    </>
  );
}

function ModelFigures({ entries }: { entries: readonly PerformanceEntry[] }) {
  const all = entries.find(({ outcome }) => outcome === 'all') ?? entries[0];
  if (all === undefined) return null;
  const { name, version } = parseModelReference(all.model);
  const calibration = all.calibration.filter(({ count }) => count > 0);
  return (
    <Panel
      title={TEXTS.figures.title(modelLabel(all.model), all.operating_point === 'default')}
      lead={
        <>
          {TEXTS.figures.lead((text) => (
            <Link to={modelAddress(name, version)}>{text}</Link>
          ))}
        </>
      }
    >
      <DataTable
        label={TEXTS.figures.table(all.model)}
        rows={entries}
        rowKey={({ outcome }) => outcome}
        columns={[
          { title: TEXTS.figures.results, cell: ({ outcome }) => TEXTS.figures.outcomes[outcome] },
          { title: TEXTS.figures.scored, isNumber: true, cell: ({ predicted }) => formatCount(predicted) },
          { title: TEXTS.confirmed, isNumber: true, cell: confirmedText },
          {
            title: TEXTS.sensitivity,
            isVerbatim: true,
            cell: ({ sensitivity, true_positive: found, false_negative: missed }) => (
              <Proportion estimate={sensitivity} part={found} whole={found + missed} />
            ),
          },
          {
            title: TEXTS.specificity,
            isVerbatim: true,
            cell: ({ specificity, true_negative: found, false_positive: missed }) => (
              <Proportion estimate={specificity} part={found} whole={found + missed} />
            ),
          },
          {
            title: TEXTS.figures.brier,
            isVerbatim: true,
            cell: ({ brier }) =>
              brier === null
                ? '–'
                : TEXTS.interval(formatFixed(brier.value, 3), formatFixed(brier.low, 3), formatFixed(brier.high, 3)),
          },
        ]}
      />
      <Alarm entry={all} name={name} version={version} />
      {calibration.length > 0 && <Calibration model={all.model} bins={calibration} />}
    </Panel>
  );
}

function Calibration({ model, bins }: { model: string; bins: PerformanceEntry['calibration'] }) {
  const { name, version } = parseModelReference(model);
  const { data } = useModelVersion(name, version);
  const positive = data?.labels[1] ?? 'malignant';
  return (
    <>
      <h3>{TEXTS.calibration.title}</h3>
      <p className={ui.note}>{TEXTS.calibration.lead(positive)}</p>
      <DataTable
        label={TEXTS.calibration.table(model)}
        rows={bins}
        rowKey={({ from }) => from}
        columns={[
          {
            title: TEXTS.calibration.probability,
            isVerbatim: true,
            cell: ({ from, to }) => TEXTS.calibration.range(formatShare(from), formatShare(to)),
          },
          { title: TEXTS.confirmed, isNumber: true, cell: ({ count }) => formatCount(count) },
          {
            title: TEXTS.calibration.chart,
            cell: ({ observed, mean_probability: mean }) =>
              observed !== null && <IntervalBar {...observed} reference={mean ?? undefined} />,
          },
          {
            title: TEXTS.predicted,
            isNumber: true,
            cell: ({ mean_probability: mean }) => (mean === null ? '–' : formatShare(mean)),
          },
          {
            title: TEXTS.calibration.observed(positive),
            isVerbatim: true,
            cell: ({ observed }) => intervalText(observed),
          },
        ]}
      />
    </>
  );
}

function confirmedText({ confirmed, predicted }: PerformanceEntry): string {
  return predicted === 0
    ? formatCount(confirmed)
    : TEXTS.figures.confirmedShare(formatCount(confirmed), formatShare(confirmed / predicted));
}

function Proportion({ estimate, part, whole }: { estimate: Estimate | null; part: number; whole: number }) {
  if (estimate === null) return <>–</>;
  return (
    <>
      {intervalText(estimate)} <span className={ui.note}>{TEXTS.outOf(formatCount(part), formatCount(whole))}</span>
    </>
  );
}

function intervalText(estimate: Estimate | null): string {
  if (estimate === null) return '–';
  return TEXTS.interval(formatShare(estimate.value), formatShare(estimate.low), formatShare(estimate.high));
}

/** Compares the sensitivity with that in testing: below it only when the two intervals do not overlap. */
function Alarm({ entry: { sensitivity }, name, version }: { entry: PerformanceEntry; name: string; version: string }) {
  const { data: evaluation } = useEvaluation(name, version);
  const [lowest] = evaluation?.cv_intervals['sensitivity'] ?? [];
  if (sensitivity === null || lowest === undefined) return null;
  return sensitivity.high < lowest ? (
    <Notice tone="error">
      <p>
        <strong>{TEXTS.figures.isBelow}</strong>{' '}
        {TEXTS.figures.isBelowText(formatShare(sensitivity.low), formatShare(sensitivity.high), formatShare(lowest))}
      </p>
    </Notice>
  ) : (
    <p className={ui.small}>{TEXTS.figures.isNotBelow(formatShare(lowest))}</p>
  );
}
