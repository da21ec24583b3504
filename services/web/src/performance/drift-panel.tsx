import type { DriftReport } from '@cytoqueue/client';
import { featureLabel } from '../batches/drift-labels';
import { modelLabel } from '../models/model-reference';
import { DataTable } from '../ui/data-table';
import { formatCount, formatDecimal } from '../ui/format';
import { Panel } from '../ui/panel';
import { QueryState } from '../ui/query-state';
import { useDrift } from './performance-queries';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

type Week = DriftReport['data'][number];

const MAX_COLUMNS = 3;

/** How the records of each week compare with the training data; needs no confirmed diagnoses. */
export function DriftPanel() {
  const query = useDrift();
  return (
    <Panel title={TEXTS.driftPanel.title} lead={TEXTS.driftPanel.lead}>
      <QueryState query={query} what={TEXTS.driftPanel.loadFailed}>
        {({ data }) =>
          data.length === 0 ? (
            <p className={ui.muted}>{TEXTS.driftPanel.empty}</p>
          ) : (
            <DataTable
              label={TEXTS.driftPanel.table}
              rows={data.toSorted((one, other) => other.week.localeCompare(one.week))}
              rowKey={({ week, model }) => `${week} ${model}`}
              columns={[
                { title: TEXTS.driftPanel.week, isVerbatim: true, cell: ({ week }) => week },
                { title: TEXTS.model, isVerbatim: true, cell: ({ model }) => modelLabel(model) },
                { title: TEXTS.driftPanel.records, isNumber: true, cell: ({ records }) => formatCount(records) },
                { title: TEXTS.driftPanel.verdict, cell: ({ verdict }) => <Verdict verdict={verdict} /> },
                { title: TEXTS.driftPanel.columns, cell: ({ columns }) => columnsText(columns) },
              ]}
            />
          )
        }
      </QueryState>
    </Panel>
  );
}

function Verdict({ verdict }: { verdict: Week['verdict'] }) {
  const label = TEXTS.driftPanel.verdicts[verdict];
  if (verdict === 'unlike_training') return <strong className={`${ui.chip} ${ui.chipError}`}>{label}</strong>;
  return verdict === 'differs' ? (
    <strong className={`${ui.chip} ${ui.chipWarning}`}>{label}</strong>
  ) : (
    <span>{label}</span>
  );
}

function columnsText(columns: Week['columns']): string {
  if (columns.length === 0) return '–';
  return columns
    .slice(0, MAX_COLUMNS)
    .map(({ column, effect_size }) => `${featureLabel(column)} ${formatDecimal(effect_size)}`)
    .join(', ');
}
