import type { Batch, CytoqueueClient } from '@cytoqueue/client';
import { ProgressBar } from './progress-bar';

/** Follows the batch to its end with a progress bar. @throws Error when it ended without results */
export async function followBatch(client: CytoqueueClient, id: string): Promise<Batch> {
  const bar = new ProgressBar(process.stdout);
  let batch: Batch | undefined;
  for await (batch of client.batchEvents(id)) {
    bar.show(
      batch.progress,
      `${batch.counts.total - batch.counts.pending} of ${batch.counts.total} rows, ${batch.status}`,
    );
  }
  if (batch === undefined || batch.status === 'failed' || batch.status === 'canceled')
    throw new Error(`batch ${id} ended as ${batch?.status}`);
  return batch;
}
