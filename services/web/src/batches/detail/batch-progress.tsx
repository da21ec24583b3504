import type { Batch } from '@cytoqueue/client';
import { formatDuration } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { Progress } from '../../ui/progress';

export function BatchProgress({ batch }: { batch: Batch }) {
  return (
    <Panel title="Scoring" lead="This page updates automatically; you can leave it.">
      <Progress label="Scored" share={batch.progress} text={progressText(batch)} />
    </Panel>
  );
}

function progressText({ progress, eta_seconds: eta, status }: Batch): string {
  const percent = `${Math.floor(progress * 100)} %`;
  if (status === 'canceling') return `${percent}; running shards finish first`;
  if (status === 'finalizing') return `${percent}; preparing the results file`;
  return eta === null ? percent : `${percent}, about ${formatDuration(eta)} left`;
}
