const MIB = 1024 * 1024;

/** When a process closes the open segment and stores its objects as files. */
export interface JournalLimits {
  /** Time without new objects: storing files does not compete with requests then. */
  readonly quietMs: number;
  /** Age of the first object while more are written. */
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly checkEveryMs: number;
  /**
   * Time without progress after which this process stores a segment that another one has closed: that one may have been
   * killed.
   */
  readonly takeOverAfterMs: number;
}

/** A worker stores before the API, which has requests to answer; the API does it when no worker lives. */
export const WORKER_LIMITS: JournalLimits = {
  quietMs: 2_000,
  maxAgeMs: 25_000,
  maxBytes: 64 * MIB,
  checkEveryMs: 1_000,
  takeOverAfterMs: 20_000,
};
export const API_LIMITS: JournalLimits = { ...WORKER_LIMITS, quietMs: 5_000, maxAgeMs: 35_000, maxBytes: 96 * MIB };
