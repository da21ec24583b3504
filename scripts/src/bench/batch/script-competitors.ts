import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SCRIPTS, TRAINING } from '../python';
import { ProcessSampler } from '../service/process-sampler';

/** Python modules that each script imports. */
export const COMPETITORS = {
  pandas_sklearn_tuned: 'pandas, sklearn',
  polars_faiss: 'polars, faiss',
  pandas_sklearn_obvious: 'pandas, sklearn',
} as const;
export type CompetitorName = keyof typeof COMPETITORS;
export const COMPETITOR_NAMES = Object.keys(COMPETITORS) as CompetitorName[];

export interface CompetitorRun {
  /** Seconds from the start of the process to its end. */
  readonly wall: number;
  readonly cpuSeconds: number | null;
  /** MiB. */
  readonly memory: number | null;
  readonly versions: Readonly<Record<string, string>>;
}

/** @throws Error when the script fails */
export async function runCompetitor(
  python: string,
  name: CompetitorName,
  input: string,
  output: string,
): Promise<CompetitorRun> {
  const startedMs = performance.now();
  const child = spawn(python, [join(SCRIPTS, `${name}.py`), TRAINING, input, output], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const sampler = new ProcessSampler([child.pid ?? 0]);
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number | null]>]);
  const wall = (performance.now() - startedMs) / 1000;
  const { peaks, cpuSeconds } = sampler.stop();
  if (code !== 0) throw new Error(`${name} ended with status ${code}`);
  return { wall, cpuSeconds, memory: peaks[0] ?? null, versions: JSON.parse(printed) as CompetitorRun['versions'] };
}
