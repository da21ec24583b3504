import type { Estimate, PerformanceEntry } from '@cytoqueue/client';
import { modelLabel } from '../models/model-reference';
import { DataTable } from '../ui/data-table';
import { formatCount, formatMonth, formatShare } from '../ui/format';
import { IntervalBar } from '../ui/interval-bar';
import { Panel } from '../ui/panel';
import { QueryState } from '../ui/query-state';
import { useMonthlyPerformance } from './performance-queries';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

/** Sensitivity and specificity of the last months, by time of prediction. */
export function MonthsPanel() {
  const query = useMonthlyPerformance();
  return (
    <Panel title={TEXTS.monthsPanel.title} lead={TEXTS.monthsPanel.lead}>
      <QueryState query={query} what={TEXTS.monthsPanel.loadFailed}>
        {(months) => (
          <DataTable
            label={TEXTS.monthsPanel.table}
            rows={months.flatMap(({ month, entries }) => entries.map((entry) => ({ month, entry })))}
            rowKey={({ month, entry }) => `${month} ${entry.model} ${entry.operating_point}`}
            columns={[
              { title: TEXTS.monthsPanel.month, isVerbatim: true, cell: ({ month }) => formatMonth(month) },
              { title: TEXTS.model, isVerbatim: true, cell: ({ entry }) => modelLabel(entry.model) },
              { title: TEXTS.confirmed, isNumber: true, cell: ({ entry }) => formatCount(entry.confirmed) },
              {
                title: TEXTS.sensitivity,
                isVerbatim: true,
                cell: ({ entry }) => <Share of={entry.sensitivity} counts={positives(entry)} />,
              },
              {
                title: TEXTS.specificity,
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
  return TEXTS.outOf(formatCount(found), formatCount(found + missed));
}

function negatives({ true_negative: found, false_positive: missed }: PerformanceEntry): string {
  return TEXTS.outOf(formatCount(found), formatCount(found + missed));
}

function Share({ of, counts }: { of: Estimate | null; counts: string }) {
  if (of === null) return <>–</>;
  return (
    <div>
      <IntervalBar {...of} />
      {`${formatShare(of.value)} `}
      <span className={ui.note}>{TEXTS.monthsPanel.share(counts, formatShare(of.low), formatShare(of.high))}</span>
    </div>
  );
}
