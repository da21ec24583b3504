import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningStack } from '../service/bench-stack';
import { MemorySampler } from '../service/process-memory';

/** Often enough to miss little of a second, seldom enough to cost nothing. */
const POLL_MS = 50;
const FINISHED = ['succeeded', 'completed_with_errors', 'failed', 'canceled'];

export const STAGES = ['upload', 'scoring', 'finalizing', 'download'] as const;

export interface BatchRun {
  /** From the first byte sent to the last one received, in seconds. */
  readonly wall: number;
  /** The same by stage: until the 202, until all shards are scored, until the result file is whole, until it is here. */
  readonly stages: Record<(typeof STAGES)[number], number>;
  /** MiB. */
  readonly memory: { readonly api: number | null; readonly workers: (number | null)[]; readonly together: number | null };
}

/** One file through the running service, as a client sees it. */
export async function runBatch({ api, pids }: RunningStack, input: string, output: string): Promise<BatchRun> {
  const memory = new MemorySampler([pids.api, ...pids.workers]);
  const times = [performance.now()];
  const id = await api.uploadBatch(input);
  times.push(performance.now());
  times.push(await untilStatus(api, id, ['finalizing', ...FINISHED]));
  times.push(await untilStatus(api, id, FINISHED));
  await api.downloadResults(id, output);
  times.push(performance.now());
  const { each, together } = memory.stop();
  const seconds = times.slice(1).map((time, i) => (time - times[i]) / 1000);
  const [upload, scoring, finalizing, download] = seconds;
  return {
    wall: (times[4] - times[0]) / 1000,
    stages: { upload, scoring, finalizing, download },
    memory: { api: each[0], workers: each.slice(1), together },
  };
}

async function untilStatus(api: RunningStack['api'], id: string, wanted: readonly string[]): Promise<number> {
  for (;;) {
    const { status } = await api.getBatch(id);
    if (wanted.includes(status)) return performance.now();
    await sleep(POLL_MS);
  }
}
