import { type Batch, isBatchFinished } from '@cytoqueue/client';
import { formatCount, formatDuration, formatShare } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { Progress } from '../../ui/progress';
import { StatTiles } from '../../ui/stat-tiles';

export function BatchProgress({ batch }: { batch: Batch }) {
  const { counts, summary } = batch;
  return (
    <Panel title="Rows">
      {!isBatchFinished(batch) && <Progress label="Scored" share={batch.progress} text={progressText(batch)} />}
      <StatTiles
        tiles={[
          { name: 'In the file', value: formatCount(counts.total) },
          ...(counts.pending > 0 ? [{ name: 'Pending', value: formatCount(counts.pending) }] : []),
          { name: 'Scored', value: formatCount(counts.succeeded) },
          {
            name: 'Bad input',
            value: formatCount(counts.rejected),
            tone: counts.rejected > 0 ? ('warning' as const) : undefined,
          },
          ...(counts.failed > 0
            ? [{ name: 'Failed in the service', value: formatCount(counts.failed), tone: 'warning' as const }]
            : []),
          {
            name: 'Malignant',
            value: formatCount(summary.malignant),
            hint: ofScored(summary.malignant, batch),
            tone: 'malignant',
          },
          { name: 'Benign', value: formatCount(summary.benign), hint: ofScored(summary.benign, batch), tone: 'benign' },
          {
            name: 'Undecided',
            value: formatCount(summary.indeterminate),
            hint: 'included in both classes',
            tone: 'indeterminate',
          },
          { name: 'Incomplete', value: formatCount(summary.missing_features), hint: 'with missing values' },
        ]}
      />
    </Panel>
  );
}

function progressText({ progress, eta_seconds: eta, status }: Batch): string {
  const percent = `${Math.floor(progress * 100)} %`;
  if (status === 'canceling') return `${percent}; running shards finish first`;
  if (status === 'finalizing') return `${percent}; writing the results`;
  return eta === null ? percent : `${percent}, about ${formatDuration(eta)} to go`;
}

function ofScored(count: number, { counts }: Batch): string | undefined {
  return counts.succeeded === 0 ? undefined : `${formatShare(count / counts.succeeded)} of those scored`;
}
