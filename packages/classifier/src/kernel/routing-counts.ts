import { ANSWERED, type Kernel, MISSING, NO_KERNEL, OUT_OF_RANGE, UNUSUAL } from './kernel';

/** Which way `predictInto` took, counted by sample since the classifier was made. */
export interface RoutingCounts {
  /** Which kernel there is, or why there is none. */
  readonly kernel: Kernel['name'];
  readonly answeredByKernel: number;
  /** Left to the reference, by reason. */
  readonly missing: number;
  readonly outOfRange: number;
  readonly withoutKernel: number;
  /** Distinct training rows that the kernel ranked exactly. */
  readonly candidates: number;
  /** Searches in which the kernel found no bound and ranked all. */
  readonly fullScans: number;
}

export function countRouting({ name, candidates, fullScans }: Kernel, countsByStatus: Float64Array): RoutingCounts {
  return {
    kernel: name,
    answeredByKernel: countsByStatus[ANSWERED] + countsByStatus[UNUSUAL],
    missing: countsByStatus[MISSING],
    outOfRange: countsByStatus[OUT_OF_RANGE],
    withoutKernel: countsByStatus[NO_KERNEL],
    candidates,
    fullScans,
  };
}
