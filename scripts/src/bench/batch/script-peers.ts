import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { ProcessSampler } from '../service/process-sampler';

export type PeerName = 'pandas_sklearn_obvious' | 'pandas_sklearn_tuned';

export interface PeerRun {
  /** From the start of the process to its end, in seconds. */
  readonly wall: number;
  readonly cpuSeconds: number | null;
  /** MiB. */
  readonly memory: number | null;
  readonly versions: Readonly<Record<string, string>>;
}

const SYSTEM_PYTHON = '/usr/bin/python3';
const SCRIPTS = join(__dirname, '../../../bench');
const TRAINING = join(__dirname, '../../../../packages/schema/data/wisconsin-original.csv');

export function pythonOf(interpreter: string | undefined): string {
  return interpreter ?? (existsSync(SYSTEM_PYTHON) ? SYSTEM_PYTHON : 'python3');
}

/** Whether this Python has what the scripts import; nothing is installed. */
export async function hasPeers(python: string): Promise<boolean> {
  const trial = spawn(python, ['-c', 'import pandas, sklearn'], { stdio: 'ignore' });
  return new Promise((resolve) => trial.once('error', () => resolve(false)).once('exit', (code) => resolve(code === 0)));
}

/** @throws Error when the script fails */
export async function runPeer(python: string, name: PeerName, input: string, output: string): Promise<PeerRun> {
  const startedMs = performance.now();
  const peer = spawn(python, [join(SCRIPTS, `${name}.py`), TRAINING, input, output], { stdio: ['ignore', 'pipe', 'inherit'] });
  const sampler = new ProcessSampler([peer.pid ?? 0]);
  const [printed, [code]] = await Promise.all([text(peer.stdout), once(peer, 'exit') as Promise<[number | null]>]);
  const wall = (performance.now() - startedMs) / 1000;
  const { peaks, cpuSeconds } = sampler.stop();
  if (code !== 0) throw new Error(`${name} ended with status ${code}`);
  return { wall, cpuSeconds, memory: peaks[0], versions: JSON.parse(printed) as PeerRun['versions'] };
}

/** @throws Error unless the script has answered every row */
export async function checkPeerRows(output: string, rows: number): Promise<void> {
  let lines = 0;
  for await (const _ of createInterface({ input: createReadStream(output) })) lines++;
  if (lines !== rows + 1) throw new Error(`a script has written ${lines} lines for ${rows} rows`);
}
