import type { DriftReport } from '@cytoqueue/client';
import { featureLabel } from '../batches/drift-labels';
import { modelLabel } from '../models/model-reference';
import { DataTable } from '../ui/data-table';
import { formatCount, formatDecimal } from '../ui/format';
import { Panel } from '../ui/panel';
import { QueryState } from '../ui/query-state';
import { useDrift } from './performance-queries';

type Week = DriftReport['data'][number];

const VERDICT_LABELS: Readonly<Record<Week['verdict'], string>> = {
  like_training: 'similar',
  differs: 'differs',
  unlike_training: 'unlike the training data',
  too_few_rows: 'too few records',
};
const MAX_COLUMNS = 3;

/** How the records of each week compare with the training data; needs no confirmed diagnoses. */
export function DriftPanel() {
  const query = useDrift();
  return (
    <Panel
      title="Drift over time"
      lead="The records of each week compared with the training data, newest week first. Differences are in standard deviations of the training data."
    >
      <QueryState query={query} what="The drift could not be loaded.">
        {({ data }) =>
          data.length === 0 ? (
            <p className="muted">No record was scored in the last 90 days.</p>
          ) : (
            <DataTable
              label="Drift by week"
              rows={data.toSorted((one, other) => other.week.localeCompare(one.week))}
              rowKey={({ week, model }) => `${week} ${model}`}
              columns={[
                { title: 'Week', isVerbatim: true, cell: ({ week }) => week },
                { title: 'Model', isVerbatim: true, cell: ({ model }) => modelLabel(model) },
                { title: 'Records', isNumber: true, cell: ({ records }) => formatCount(records) },
                { title: 'Verdict', cell: ({ verdict }) => <Verdict verdict={verdict} /> },
                { title: 'Columns', cell: ({ columns }) => columnsText(columns) },
              ]}
            />
          )
        }
      </QueryState>
    </Panel>
  );
}

function Verdict({ verdict }: { verdict: Week['verdict'] }) {
  const label = VERDICT_LABELS[verdict];
  if (verdict === 'unlike_training') return <strong className="chip error">{label}</strong>;
  return verdict === 'differs' ? <strong className="chip warning">{label}</strong> : <span>{label}</span>;
}

function columnsText(columns: Week['columns']): string {
  if (columns.length === 0) return '–';
  return columns
    .slice(0, MAX_COLUMNS)
    .map(({ column, effect_size }) => `${featureLabel(column)} ${formatDecimal(effect_size)}`)
    .join(', ');
}
