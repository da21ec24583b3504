/** Functions that stay real: sockets, timeouts and clocks must keep running. */
const REAL = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
] as const;

/**
 * Holds every interval that is set from now on until the test calls `advanceIntervals`, so that a periodic check runs
 * when the test is ready for it. `jest.useRealTimers()` ends it.
 */
export function holdIntervals(): void {
  jest.useFakeTimers({ doNotFake: [...REAL] });
}

/** Runs every interval that is due within the next `ms` milliseconds. */
export function advanceIntervals(ms: number): void {
  jest.advanceTimersByTime(ms);
}
