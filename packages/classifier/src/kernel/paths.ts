import { ANSWERED, type Kernel, MISSING, NO_KERNEL, OUT_OF_RANGE, UNUSUAL } from './kernel';

/** Which way `predictInto` took, counted by sample since the classifier was made. */
export interface Paths {
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
  readonly exhaustive: number;
}

export function describePaths({ name, candidates, exhaustive }: Kernel, byStatus: Float64Array): Paths {
  return {
    kernel: name,
    answeredByKernel: byStatus[ANSWERED] + byStatus[UNUSUAL],
    missing: byStatus[MISSING],
    outOfRange: byStatus[OUT_OF_RANGE],
    withoutKernel: byStatus[NO_KERNEL],
    candidates,
    exhaustive,
  };
}
