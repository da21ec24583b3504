import { isRunning, readReady } from './stack-process';

export function signalWorkers(dataDir: string, signal: NodeJS.Signals): void {
  for (const pid of readReady(dataDir)?.pids.workers ?? []) if (isRunning(pid)) process.kill(pid, signal);
}

/** Runs `work` while every worker of the stack in `dataDir` is stopped, then continues them. */
export async function whilePaused<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  signalWorkers(dataDir, 'SIGSTOP');
  try {
    return await work();
  } finally {
    signalWorkers(dataDir, 'SIGCONT');
  }
}
