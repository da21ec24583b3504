import type { Estimate, Performance, PerformanceEntry } from '@cytoqueue/client';
import { Link } from 'react-router';
import { useEvaluation } from '../models/evaluation';
import { useModelVersion } from '../models/model-queries';
import { modelAddress, modelLabel, parseModelReference } from '../models/model-reference';
import { DataTable } from '../ui/data-table';
import { formatCount, formatDateTime, formatShare } from '../ui/format';
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

export function PerformancePage() {
  usePageTitle('Performance');
  const query = usePerformance();
  return (
    <div className="page">
      <h1>Performance</h1>
      <p className="lead">
        How the results of your laboratory compare with confirmed diagnoses, and how its records compare with the
        training data.
      </p>
      <QueryState query={query} what="The performance could not be loaded.">
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
      <Panel title="No diagnosis confirmed yet">
        <p>
          Add confirmed diagnoses below. Results are kept for a limited time, and diagnoses often come later: ask your
          administrator how long your results are kept before you start.
        </p>
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
      {updated_at !== null && <p className="small muted">{`As of ${formatDateTime(updated_at)}.`}</p>}
    </>
  );
}

const OUTCOME_LABELS = { all: 'All results', confident: 'Confident', indeterminate: 'Undecided' };

function ModelFigures({ entries }: { entries: readonly PerformanceEntry[] }) {
  const all = entries.find(({ outcome }) => outcome === 'all') ?? entries[0];
  if (all === undefined) return null;
  const { name, version } = parseModelReference(all.model);
  const calibration = all.calibration.filter(({ count }) => count > 0);
  return (
    <Panel
      title={`${modelLabel(all.model)}, ${all.operating_point === 'default' ? 'threshold 50 %' : 'cautious threshold'}`}
      lead={
        <>
          Confirmed results only. <Link to={modelAddress(name, version)}>Performance in testing</Link>
        </>
      }
    >
      <DataTable
        label={`Performance of ${all.model}`}
        rows={entries}
        rowKey={({ outcome }) => outcome}
        columns={[
          { title: 'Results', cell: ({ outcome }) => OUTCOME_LABELS[outcome] },
          { title: 'Scored', isNumber: true, cell: ({ predicted }) => formatCount(predicted) },
          { title: 'Confirmed', isNumber: true, cell: confirmedText },
          {
            title: 'Sensitivity',
            isVerbatim: true,
            cell: ({ sensitivity, true_positive: found, false_negative: missed }) => (
              <Proportion estimate={sensitivity} part={found} whole={found + missed} />
            ),
          },
          {
            title: 'Specificity',
            isVerbatim: true,
            cell: ({ specificity, true_negative: found, false_positive: missed }) => (
              <Proportion estimate={specificity} part={found} whole={found + missed} />
            ),
          },
          {
            title: 'Brier score',
            isVerbatim: true,
            cell: ({ brier }) =>
              brier === null ? '–' : `${brier.value.toFixed(3)} (${brier.low.toFixed(3)} to ${brier.high.toFixed(3)})`,
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
      <h3>Calibration</h3>
      <p className="small muted">
        Well calibrated where the upright bar (mean probability) lies within the line (95&nbsp;% interval of the{' '}
        {positive} cases).
      </p>
      <DataTable
        label={`Calibration of ${model}`}
        rows={bins}
        rowKey={({ from }) => from}
        columns={[
          {
            title: 'Probability',
            isVerbatim: true,
            cell: ({ from, to }) => `${formatShare(from)} to ${formatShare(to)}`,
          },
          { title: 'Confirmed', isNumber: true, cell: ({ count }) => formatCount(count) },
          {
            title: 'Chart',
            cell: ({ observed, mean_probability: mean }) =>
              observed !== null && <IntervalBar {...observed} reference={mean ?? undefined} />,
          },
          {
            title: 'Predicted',
            isNumber: true,
            cell: ({ mean_probability: mean }) => (mean === null ? '–' : formatShare(mean)),
          },
          { title: `Observed ${positive}`, isVerbatim: true, cell: ({ observed }) => intervalText(observed) },
        ]}
      />
    </>
  );
}

function confirmedText({ confirmed, predicted }: PerformanceEntry): string {
  return predicted === 0 ? formatCount(confirmed) : `${formatCount(confirmed)} (${formatShare(confirmed / predicted)})`;
}

function Proportion({ estimate, part, whole }: { estimate: Estimate | null; part: number; whole: number }) {
  if (estimate === null) return <>–</>;
  return (
    <>
      {intervalText(estimate)} <span className="small muted">{`${formatCount(part)} of ${formatCount(whole)}`}</span>
    </>
  );
}

function intervalText(estimate: Estimate | null): string {
  if (estimate === null) return '–';
  return `${formatShare(estimate.value)} (${formatShare(estimate.low)} to ${formatShare(estimate.high)})`;
}

/** Compares the sensitivity with that in testing: below it only when the two intervals do not overlap. */
function Alarm({ entry: { sensitivity }, name, version }: { entry: PerformanceEntry; name: string; version: string }) {
  const { data: evaluation } = useEvaluation(name, version);
  const [lowest] = evaluation?.cv_intervals['sensitivity'] ?? [];
  if (sensitivity === null || lowest === undefined) return null;
  return sensitivity.high < lowest ? (
    <Notice tone="error">
      <p>
        <strong>Sensitivity is below that in testing.</strong>{' '}
        {`Its 95 % interval, ${formatShare(sensitivity.low)} to ${formatShare(sensitivity.high)}, lies below ${formatShare(lowest)}, the lower bound in testing. Have recent results read a second time, and review the model.`}
      </p>
    </Notice>
  ) : (
    <p className="small">
      {`The sensitivity is not below that in testing (lower bound ${formatShare(lowest)}) as far as these cases can tell.`}
    </p>
  );
}
