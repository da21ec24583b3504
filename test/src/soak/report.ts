import type { SoakReport } from './soak';

/** In shorter runs a slope is mostly noise: it is reported but not judged. */
const EVALUATED_FROM_MINUTES = 5;
/** Maximum number of messages to print; one defect often appears repeatedly. */
const MAX_REPORTED = 20;

/** Prints tables for people and, on the last line, JSON for programs. @returns whether every check passed */
export function printReport(report: SoakReport): boolean {
  const { minutes, seed, faults, load, broken, slopes, event_loop_delay_ms: delays } = report;
  console.log(
    `\nsoak of ${minutes} minutes, seed ${seed}: ${load.batches} batches and ${load.records} records accepted; sent again ${load.retries} times;`,
  );
  console.log(`slowest record ${(load.slowestRecordMs / 1_000).toFixed(1)} s from its first request to its result\n`);
  for (const [name, count] of Object.entries(faults).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`  ${name.padEnd(32)} ${String(count).padStart(3)}`);
  console.log('\n                          a minute       most    at the end');
  for (const [name, slope] of Object.entries(slopes)) {
    const cells = [slope.perMinute.toFixed(2), String(slope.most), slope.mean.toFixed(1)].map((cell) =>
      cell.padStart(10),
    );
    console.log(`  ${name.padEnd(22)} ${cells.join(' ')}${slope.flat ? '' : '  NOT FLAT'}`);
  }
  for (const [name, delay] of Object.entries(delays))
    console.log(`  event loop of ${name}: p50 ${delay?.p50 ?? '?'} ms, p99 ${delay?.p99 ?? '?'} ms late`);
  const flat = minutes < EVALUATED_FROM_MINUTES || Object.values(slopes).every((slope) => slope.flat);
  console.log(
    broken.length === 0
      ? '\nEverything accepted has ended, once, and as it would have undisturbed.'
      : `\nBROKEN, ${broken.length} times:`,
  );
  for (const line of broken.slice(0, MAX_REPORTED)) console.log(`  ${line.slice(0, 500)}`);
  console.log(JSON.stringify({ ok: flat && broken.length === 0, ...report }));
  return flat && broken.length === 0;
}
