import type { Batch } from '@cytoqueue/client';
import { formatDuration } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { Progress } from '../../ui/progress';
import { TEXTS } from './texts';

export function BatchProgress({ batch }: { batch: Batch }) {
  return (
    <Panel title={TEXTS.batchProgress.title} lead={TEXTS.batchProgress.lead}>
      <Progress label={TEXTS.batchProgress.scored} share={batch.progress} text={progressText(batch)} />
    </Panel>
  );
}

function progressText({ progress, eta_seconds: eta, status }: Batch): string {
  const percent = TEXTS.batchProgress.percent(Math.floor(progress * 100));
  if (status === 'canceling') return TEXTS.batchProgress.canceling(percent);
  if (status === 'finalizing') return TEXTS.batchProgress.finalizing(percent);
  return eta === null ? percent : TEXTS.batchProgress.timeLeft(percent, formatDuration(eta));
}
