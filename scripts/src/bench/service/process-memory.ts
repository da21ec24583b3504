import { readFileSync } from 'node:fs';

const MIB = 1024 * 1024;
const SAMPLE_MS = 100;

/** Resident memory of processes that are not ours, seen from outside; null where there is no /proc. */
export class MemorySampler {
  private readonly peaks = new Map<number, number>();
  private largestSum = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly pids: readonly number[]) {
    this.timer = setInterval(() => this.sample(), SAMPLE_MS);
    this.sample();
  }

  /** MiB: the most of each process, as the kernel counted it, and the most of all at one time, as far as we looked. */
  stop(): { each: (number | null)[]; together: number | null } {
    clearInterval(this.timer);
    this.sample();
    return { each: this.pids.map((pid) => inMib(this.peaks.get(pid))), together: inMib(this.largestSum || undefined) };
  }

  private sample(): void {
    let sum = 0;
    for (const pid of this.pids) {
      const { VmHWM, VmRSS } = readStatus(pid);
      sum += VmRSS ?? 0;
      if (VmHWM !== undefined) this.peaks.set(pid, VmHWM);
    }
    this.largestSum = Math.max(this.largestSum, sum);
  }
}

/** The kB lines of /proc/PID/status, in bytes; nothing once the process has ended. */
function readStatus(pid: number): Partial<Record<string, number>> {
  try {
    const lines = readFileSync(`/proc/${pid}/status`, 'utf8').matchAll(/^(\w+):\s+(\d+) kB$/gm);
    return Object.fromEntries(Array.from(lines, ([, name, kilobytes]) => [name, Number(kilobytes) * 1024]));
  } catch {
    return {};
  }
}

function inMib(bytes: number | undefined): number | null {
  return bytes === undefined ? null : Math.round(bytes / MIB);
}
