import { isBatchFinished } from '@cytoqueue/client';
import type { RunningStack } from '../service/bench-stack';
import { ProcessSampler } from '../service/process-sampler';

export const STAGES = ['upload', 'scoring', 'finalizing', 'download'] as const;

export interface BatchRun {
  /** Seconds from the start of the upload to the end of the download, with the start of curl for each. */
  readonly wall: number;
  /**
   * Seconds by stage: until the 202, until all shards are scored, until the result file is complete, until it is
   * downloaded.
   */
  readonly stages: Record<(typeof STAGES)[number], number>;
  /** CPU time of API and workers without Redis; unlike wall time it excludes other processes. */
  readonly cpuSeconds: number | null;
  /** MiB. */
  readonly memory: {
    readonly api: number | null;
    readonly workers: (number | null)[];
    readonly together: number | null;
    /** Peak of all processes together in each stage. */
    readonly byStage: Record<(typeof STAGES)[number], number | null>;
  };
}

/** Runs one file through the service, as a client sees it. */
export async function runBatch(
  { api, pids }: RunningStack,
  input: string,
  output: string,
  { explain = false } = {},
): Promise<BatchRun> {
  const sampler = new ProcessSampler([pids.api, ...pids.workers]);
  const startedMs = performance.now();
  const id = await api.uploadBatch(input, explain);
  const uploadedMs = performance.now();
  const upload = sampler.endStage();
  let scoring: number | null | undefined;
  let scoredMs = uploadedMs;
  for await (const state of api.batchStates(id)) {
    if (scoring !== undefined || !(state.status === 'finalizing' || isBatchFinished(state))) continue;
    scoredMs = performance.now();
    scoring = sampler.endStage();
  }
  const finalizedMs = performance.now();
  const finalizing = sampler.endStage();
  await api.downloadResults(id, output);
  const downloadedMs = performance.now();
  const download = sampler.endStage();
  const { peaks, together, cpuSeconds } = sampler.stop();
  const [apiPeak = null, ...workerPeaks] = peaks;
  return {
    wall: (downloadedMs - startedMs) / 1000,
    stages: {
      upload: (uploadedMs - startedMs) / 1000,
      scoring: (scoredMs - uploadedMs) / 1000,
      finalizing: (finalizedMs - scoredMs) / 1000,
      download: (downloadedMs - finalizedMs) / 1000,
    },
    cpuSeconds,
    memory: {
      api: apiPeak,
      workers: workerPeaks,
      together,
      byStage: { upload, scoring: scoring ?? null, finalizing, download },
    },
  };
}
