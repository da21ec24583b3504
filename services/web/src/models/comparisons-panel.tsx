import type { ComparedFigure, ModelVersion } from '@cytoqueue/client';
import { DataTable } from '../ui/data-table';
import { formatCount, formatShare } from '../ui/format';
import { Panel } from '../ui/panel';
import { modelLabel } from './model-reference';

const SHARES = [
  ['sensitivity', 'Sensitivity'],
  ['specificity', 'Specificity'],
  ['coverage', 'Confident answers'],
] as const;
const SCORES = [
  ['auc', 'AUC'],
  ['brier', 'Brier score'],
] as const;

/** How the version did beside others on the same records. */
export function ComparisonsPanel({ version: { version, comparisons } }: { version: ModelVersion }) {
  if (comparisons.length === 0) return null;
  return (
    <Panel
      title="Compared with other versions"
      lead={`Both versions answered the same records. Each cell shows the figure of version ${version} and, in parentheses, how much it is above (+) or below (−) the other one, with the 95 % interval of the difference. A lower Brier score is better.`}
    >
      <DataTable
        label="Comparisons"
        rows={comparisons}
        rowKey={({ model, records_of: recordsOf }) => `${model} ${recordsOf}`}
        columns={[
          { title: 'Beside', isVerbatim: true, cell: ({ model }) => modelLabel(model) },
          { title: 'Records', isNumber: true, cell: ({ records }) => formatCount(records) },
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
  const format = (figure: number) => (isShare ? formatShare(figure) : figure.toFixed(3));
  const signed = (figure: number) => `${figure < 0 ? '−' : '+'}${format(Math.abs(figure))}`;
  return `${format(value)} (${signed(difference.value)}, ${signed(difference.low)} to ${signed(difference.high)})`;
}
