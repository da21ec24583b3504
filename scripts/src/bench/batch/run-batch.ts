import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningStack } from '../service/bench-stack';
import { ProcessSampler } from '../service/process-sampler';

/** Often enough to miss little of a second, seldom enough to cost nothing. */
const POLL_MS = 50;
const FINISHED = ['succeeded', 'completed_with_errors', 'failed', 'canceled'];

export const STAGES = ['upload', 'scoring', 'finalizing', 'download'] as const;

export interface BatchRun {
  /** From the first byte sent to the last one received, in seconds. */
  readonly wall: number;
  /** The same by stage: until the 202, until all shards are scored, until the result file is whole, until it is here. */
  readonly stages: Record<(typeof STAGES)[number], number>;
  /** Of API and workers, Redis left out. Unlike the wall time it does not count what else runs on the machine. */
  readonly cpuSeconds: number | null;
  /** MiB. */
  readonly memory: {
    readonly api: number | null;
    readonly workers: (number | null)[];
    readonly together: number | null;
    /** All together, at the most in each stage. */
    readonly byStage: Record<(typeof STAGES)[number], number | null>;
  };
}

/** One file through the running service, as a client sees it. */
export async function runBatch({ api, pids }: RunningStack, input: string, output: string): Promise<BatchRun> {
  const sampler = new ProcessSampler([pids.api, ...pids.workers]);
  const times = [performance.now()];
  const id = await api.uploadBatch(input);
  times.push(performance.now());
  const upload = sampler.endStage();
  times.push(await untilStatus(api, id, ['finalizing', ...FINISHED]));
  const scoring = sampler.endStage();
  times.push(await untilStatus(api, id, FINISHED));
  const finalizing = sampler.endStage();
  await api.downloadResults(id, output);
  times.push(performance.now());
  const download = sampler.endStage();
  const { peaks, together, cpuSeconds } = sampler.stop();
  const seconds = times.slice(1).map((time, i) => (time - times[i]) / 1000);
  return {
    wall: (times[4] - times[0]) / 1000,
    stages: { upload: seconds[0], scoring: seconds[1], finalizing: seconds[2], download: seconds[3] },
    cpuSeconds,
    memory: { api: peaks[0], workers: peaks.slice(1), together, byStage: { upload, scoring, finalizing, download } },
  };
}

async function untilStatus(api: RunningStack['api'], id: string, wanted: readonly string[]): Promise<number> {
  for (;;) {
    const { status } = await api.getBatch(id);
    if (wanted.includes(status)) return performance.now();
    await sleep(POLL_MS);
  }
}
