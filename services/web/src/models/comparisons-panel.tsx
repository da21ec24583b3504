import type { ComparedFigure, ModelVersion } from '@cytoqueue/client';
import { DataTable } from '../ui/data-table';
import { formatCount, formatFixed, formatShare } from '../ui/format';
import { Panel } from '../ui/panel';
import { modelLabel } from './model-reference';
import { TEXTS } from './texts';

const SHARES = [
  ['sensitivity', TEXTS.sensitivity],
  ['specificity', TEXTS.specificity],
  ['coverage', TEXTS.comparisonsPanel.coverage],
] as const;
const SCORES = [
  ['auc', TEXTS.auc],
  ['brier', TEXTS.brier],
] as const;

/** How the version did beside others on the same records. */
export function ComparisonsPanel({ version: { version, comparisons } }: { version: ModelVersion }) {
  if (comparisons.length === 0) return null;
  return (
    <Panel title={TEXTS.comparisonsPanel.title} lead={TEXTS.comparisonsPanel.lead(version)}>
      <DataTable
        label={TEXTS.comparisonsPanel.table}
        rows={comparisons}
        rowKey={({ model, records_of: recordsOf }) => `${model} ${recordsOf}`}
        columns={[
          { title: TEXTS.comparisonsPanel.beside, isVerbatim: true, cell: ({ model }) => modelLabel(model) },
          { title: TEXTS.comparisonsPanel.records, isNumber: true, cell: ({ records }) => formatCount(records) },
          ...[...SHARES, ...SCORES].map(([key, title]) => ({
            title,
            isNumber: true,
            cell: (comparison: ModelVersion['comparisons'][number]) =>
              figureText(
                comparison[key],
                SHARES.some(([share]) => share === key),
              ),
          })),
        ]}
      />
    </Panel>
  );
}

function figureText({ value, difference }: ComparedFigure, isShare: boolean): string {
  const format = (figure: number) => (isShare ? formatShare(figure) : formatFixed(figure, 3));
  const signed = (figure: number) => `${figure < 0 ? '−' : '+'}${format(Math.abs(figure))}`;
  return TEXTS.comparisonsPanel.figure(
    format(value),
    signed(difference.value),
    signed(difference.low),
    signed(difference.high),
  );
}
