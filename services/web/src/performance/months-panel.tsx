import type { Estimate, PerformanceEntry } from '@cytoqueue/client';
import { modelLabel } from '../models/model-reference';
import { DataTable } from '../ui/data-table';
import { formatCount, formatMonth, formatShare } from '../ui/format';
import { IntervalBar } from '../ui/interval-bar';
import { Panel } from '../ui/panel';
import { QueryState } from '../ui/query-state';
import { useMonthlyPerformance } from './performance-queries';

/** Sensitivity and specificity of the last months, by time of prediction. */
export function MonthsPanel() {
  const query = useMonthlyPerformance();
  return (
    <Panel title="By month" lead="All results by the month in which they were scored, with the 95 % interval.">
      <QueryState query={query} what="The months could not be loaded.">
        {(months) => (
          <DataTable
            label="Performance by month"
            rows={months.flatMap(({ month, entries }) => entries.map((entry) => ({ month, entry })))}
            rowKey={({ month, entry }) => `${month} ${entry.model} ${entry.operating_point}`}
            columns={[
              { title: 'Month', isVerbatim: true, cell: ({ month }) => formatMonth(month) },
              { title: 'Model', isVerbatim: true, cell: ({ entry }) => modelLabel(entry.model) },
              { title: 'Confirmed', isNumber: true, cell: ({ entry }) => formatCount(entry.confirmed) },
              {
                title: 'Sensitivity',
                isVerbatim: true,
                cell: ({ entry }) => <Share of={entry.sensitivity} counts={positives(entry)} />,
              },
              {
                title: 'Specificity',
                isVerbatim: true,
                cell: ({ entry }) => <Share of={entry.specificity} counts={negatives(entry)} />,
              },
            ]}
          />
        )}
      </QueryState>
    </Panel>
  );
}

function positives({ true_positive: found, false_negative: missed }: PerformanceEntry): string {
  return `${formatCount(found)} of ${formatCount(found + missed)}`;
}

function negatives({ true_negative: found, false_positive: missed }: PerformanceEntry): string {
  return `${formatCount(found)} of ${formatCount(found + missed)}`;
}

function Share({ of, counts }: { of: Estimate | null; counts: string }) {
  if (of === null) return <>–</>;
  return (
    <div>
      <IntervalBar {...of} />
      {`${formatShare(of.value)} `}
      <span className="small muted">{`${counts}; ${formatShare(of.low)} to ${formatShare(of.high)}`}</span>
    </div>
  );
}
