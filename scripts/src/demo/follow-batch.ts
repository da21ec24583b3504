import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient, BatchStatus } from './api-client';
import { ProgressBar } from './progress-bar';

const POLL_MS = 100;
const TERMINAL = new Set(['succeeded', 'completed_with_errors', 'failed', 'canceled']);

/** Polls until the batch has ended, with a progress bar. @throws Error when it ended without results */
export async function followBatch(client: ApiClient, id: string): Promise<BatchStatus> {
  const bar = new ProgressBar(process.stdout);
  for (;;) {
    const batch = await client.getBatch(id);
    bar.show(batch.progress, `${batch.counts.total - batch.counts.pending} of ${batch.counts.total} rows, ${batch.status}`);
    if (batch.status === 'failed' || batch.status === 'canceled') throw new Error(`batch ${id} ended as ${batch.status}`);
    if (TERMINAL.has(batch.status)) return batch;
    await sleep(POLL_MS);
  }
}
