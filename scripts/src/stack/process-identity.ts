import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Identifies a process by pid and start time, because pids are reused. */
export interface ProcessId {
  readonly pid: number;
  /** Start time in the system's notation; used for comparison only. */
  readonly birth: string;
}

const POLL_INTERVAL_MS = 20;
const STATE_FIELD = 0;
const START_TIME_FIELD = 19;

/** The process that has this pid now; undefined when none runs (zombies do not count). */
export function processIdentity(pid: number): ProcessId | undefined {
  const birth = existsSync('/proc/self/stat') ? startTimeFromProc(pid) : startTimeFromPs(pid);
  return birth === undefined ? undefined : { pid, birth };
}

export function isRunning(id: ProcessId): boolean {
  return processIdentity(id.pid)?.birth === id.birth;
}

/** Sends SIGTERM, then SIGKILL after `graceMs`. Resolves when the process has ended. */
export async function terminateProcess(id: ProcessId, graceMs: number): Promise<void> {
  signalProcess(id, 'SIGTERM');
  const deadline = Date.now() + graceMs;
  while (isRunning(id)) {
    if (Date.now() > deadline) signalProcess(id, 'SIGKILL');
    await sleep(POLL_INTERVAL_MS);
  }
}

function signalProcess(id: ProcessId, signal: NodeJS.Signals): void {
  if (!isRunning(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Linux: /proc/PID/stat, whose fields are counted after the command in parentheses, which may hold anything. */
function startTimeFromProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 'ZX'.includes(fields[STATE_FIELD] ?? 'X') ? undefined : fields[START_TIME_FIELD];
}

function startTimeFromPs(pid: number): string | undefined {
  try {
    const [state = 'Z', ...started] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
    })
      .trim()
      .split(/\s+/);
    return state.startsWith('Z') ? undefined : started.join(' ');
  } catch {
    return undefined;
  }
}
