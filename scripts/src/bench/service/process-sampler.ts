import { readFileSync } from 'node:fs';

const MIB = 1024 * 1024;
const SAMPLE_INTERVAL_MS = 50;
/** Unit of processor time in /proc. */
const TICKS_PER_SECOND = 100;
/** Fields of /proc/PID/stat after the name: user and system time. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

export interface ProcessMeasurements {
  /** Peak MiB of each process, as counted by the kernel. */
  readonly peaks: (number | null)[];
  /** Peak MiB of all processes together over all samples. */
  readonly together: number | null;
  /** Processor time of all processes while sampled. */
  readonly cpuSeconds: number | null;
}

/** Samples memory and processor time of other processes; null without /proc. */
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

  /** Peak MiB of all processes together since the last call. */
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

/** Memory values of /proc/PID/status in bytes; empty once the process has ended. */
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
    return ((fields[USER_TIME] ?? 0) + (fields[SYSTEM_TIME] ?? 0)) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

function inMib(bytes: number | undefined): number | null {
  return bytes === undefined ? null : Math.round(bytes / MIB);
}
