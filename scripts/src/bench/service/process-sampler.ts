import { readFileSync } from 'node:fs';

const MIB = 1024 * 1024;
const SAMPLE_INTERVAL_MS = 50;
/** What /proc counts processor time in, on every Linux there is. */
const TICKS_PER_SECOND = 100;
/** Of /proc/PID/stat behind the name: user and system time. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

export interface ProcessMeasurements {
  /** MiB: the most of each process, as the kernel counted it. */
  readonly peaks: (number | null)[];
  /** MiB: the most of all at one time, as far as we looked. */
  readonly together: number | null;
  /** Processor time of all while they were watched. */
  readonly cpuSeconds: number | null;
}

/** Memory and processor time of other processes, seen from outside; null where there is no /proc. */
export class ProcessSampler {
  private readonly peaks = new Map<number, number>();
  private readonly cpuSeconds = new Map<number, { first: number; last: number }>();
  private largestSum = 0;
  private largestOfStage = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly pids: readonly number[]) {
    this.timer = setInterval(() => this.sample(), SAMPLE_INTERVAL_MS);
    this.sample();
  }

  stop(): ProcessMeasurements {
    clearInterval(this.timer);
    this.sample();
    const spent = Array.from(this.cpuSeconds.values(), ({ first, last }) => last - first);
    return {
      peaks: this.pids.map((pid) => inMib(this.peaks.get(pid))),
      together: inMib(this.largestSum || undefined),
      cpuSeconds: spent.length === 0 ? null : spent.reduce((sum, seconds) => sum + seconds, 0),
    };
  }

  /** MiB: the most of all at one time since the last call. */
  endStage(): number | null {
    this.sample();
    const largest = this.largestOfStage;
    this.largestOfStage = 0;
    return inMib(largest || undefined);
  }

  private sample(): void {
    let sum = 0;
    for (const pid of this.pids) {
      const { VmHWM, VmRSS } = readStatus(pid);
      sum += VmRSS ?? 0;
      if (VmHWM !== undefined) this.peaks.set(pid, VmHWM);
      const seconds = readCpuSeconds(pid);
      if (seconds !== undefined)
        this.cpuSeconds.set(pid, { first: this.cpuSeconds.get(pid)?.first ?? seconds, last: seconds });
    }
    this.largestSum = Math.max(this.largestSum, sum);
    this.largestOfStage = Math.max(this.largestOfStage, sum);
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

/** Undefined once the process has ended. */
function readCpuSeconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return (fields[USER_TIME] + fields[SYSTEM_TIME]) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

function inMib(bytes: number | undefined): number | null {
  return bytes === undefined ? null : Math.round(bytes / MIB);
}
