import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ProcessSampler } from '../service/process-sampler';

/** Python modules that each script imports. */
const IMPORTS = {
  pandas_sklearn_tuned: 'pandas, sklearn',
  polars_faiss: 'polars, faiss',
  pandas_sklearn_obvious: 'pandas, sklearn',
} as const;
export type CompetitorName = keyof typeof IMPORTS;
export const COMPETITOR_NAMES = Object.keys(IMPORTS) as CompetitorName[];

export interface CompetitorRun {
  /** Seconds from the start of the process to its end. */
  readonly wall: number;
  readonly cpuSeconds: number | null;
  /** MiB. */
  readonly memory: number | null;
  readonly versions: Readonly<Record<string, string>>;
}

const SYSTEM_PYTHON = '/usr/bin/python3';
const SCRIPTS = join(__dirname, '../../../bench');
export const TRAINING = join(__dirname, '../../../../packages/schema/data/wisconsin-original.csv');

export function pythonInterpreter(interpreter: string | undefined): string {
  return interpreter ?? (existsSync(SYSTEM_PYTHON) ? SYSTEM_PYTHON : 'python3');
}

/** Whether this Python has the modules of the script; installs nothing. */
export async function hasCompetitor(python: string, name: CompetitorName): Promise<boolean> {
  const trial = spawn(python, ['-c', `import ${IMPORTS[name]}`], { stdio: 'ignore' });
  return new Promise((resolve) =>
    trial.once('error', () => resolve(false)).once('exit', (code) => resolve(code === 0)),
  );
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
