import type { SimulationResult } from './simulation';

/**
 * US dollars, Fargate on Linux and x86 in us-east-1, on demand, list price of 2025: an assumption; check it against the
 * bill.
 */
const VCPU_HOUR = 0.04048;
const GIB_HOUR = 0.004445;
/** A worker: one vCPU for its scoring thread, with the smallest memory that Fargate offers for it. */
const WORKER = { vcpus: 1, gib: 2 } as const;

const WORKER_HOUR_DOLLARS = WORKER.vcpus * VCPU_HOUR + WORKER.gib * GIB_HOUR;

export interface Cost {
  readonly dollars: number;
  /** Cost of the minimum number of workers, which always run. */
  readonly floorDollars: number;
  /**
   * Upper bound: the minimum, the work itself, and each further worker for as long as the policy may keep it after the
   * drain.
   */
  readonly boundDollars: number;
}

/** Cost of the workers over the whole run. */
export function costOf(
  { scenario, endSeconds, arrivedRows, peakTasks, taskSeconds }: SimulationResult,
  idleSeconds: number,
): Cost {
  const { policy, rowsPerSecondPerWorker } = scenario.config;
  const dollars = (seconds: number): number => (seconds / 3_600) * WORKER_HOUR_DOLLARS;
  const floorDollars = dollars(endSeconds * policy.minWorkers);
  const work = dollars(arrivedRows / rowsPerSecondPerWorker);
  const tails = dollars((peakTasks - policy.minWorkers) * idleSeconds) * scenario.loadSteps;
  return { dollars: dollars(taskSeconds), floorDollars, boundDollars: floorDollars + work + tails };
}
