import { isRunning, readReady } from './stack-process';
import { waitUntil } from './wait-until';

export function signalWorkers(dataDir: string, signal: NodeJS.Signals): void {
  for (const pid of readReady(dataDir)?.pids.workers ?? []) if (isRunning(pid)) process.kill(pid, signal);
}

/** A worker that the stack has started again takes jobs before ready.json names it, so that no signal would reach it. */
export async function untilWorkersAreNamed(dataDir: string): Promise<void> {
  await waitUntil('ready.json names running workers', () => (readReady(dataDir)?.pids.workers ?? []).every(isRunning));
}

/** Runs `work` while every worker of the stack in `dataDir` is stopped, then continues them. */
export async function whilePaused<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  await untilWorkersAreNamed(dataDir);
  signalWorkers(dataDir, 'SIGSTOP');
  try {
    return await work();
  } finally {
    signalWorkers(dataDir, 'SIGCONT');
  }
}
