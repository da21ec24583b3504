/** What keeps running: sockets, timeouts and clocks. */
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
 * Stops every interval that is set from now on until the test calls `advanceIntervals`, so that a check that runs every
 * 30 s runs when the test has prepared what it is to find. `jest.useRealTimers()` ends it.
 */
export function holdIntervals(): void {
  jest.useFakeTimers({ doNotFake: [...REAL] });
}

/** Runs every interval that is due within the next `ms` milliseconds. */
export function advanceIntervals(ms: number): void {
  jest.advanceTimersByTime(ms);
}
