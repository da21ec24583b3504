import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/*
 * Preloaded into the services (NODE_OPTIONS=--require): writes how late the main thread's event loop was, in
 * milliseconds, into `$EVENT_LOOP_DIR/<pid>.json`, since the process began.
 */

const INTERVAL_MS = 2_000;
const NS_PER_MS = 1e6;
const RESOLUTION_MS = 10;
const folder = process.env['EVENT_LOOP_DIR'];

if (isMainThread && folder !== undefined) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  // Measures the time between timers; this much of it is intended.
  const lateMs = (percent: number): number => Math.max(0, histogram.percentile(percent) / NS_PER_MS - RESOLUTION_MS);
  const write = (): void => {
    const figures = { program: process.argv[1], p50: lateMs(50), p99: lateMs(99), samples: histogram.count };
    const file = `${folder}/${process.pid}.json`;
    writeFileSync(`${file}.next`, JSON.stringify(figures));
    renameSync(`${file}.next`, file);
  };
  setInterval(write, INTERVAL_MS).unref();
}
