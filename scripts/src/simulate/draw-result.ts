import type { Check } from './checks';
import { COLORS, drawPanels } from './panels';
import type { SimulationResult, Sample } from './simulation';

const MINUTE = 60;

/** Draws queue depth, workers and waiting time over the run, with the checks. */
export function drawResult({ scenario, samples, endSeconds }: SimulationResult, checks: readonly Check[]): string {
  const over = (value: (sample: Sample) => number | null) =>
    samples.map((sample) => [sample.atSeconds / MINUTE, value(sample)] as const);
  return drawPanels({
    title: scenario.title,
    xTitle: 'minutes',
    xEnd: endSeconds / MINUTE,
    panels: [
      {
        title: 'Backlog, million rows',
        lines: [{ name: '', color: COLORS.one, points: over(({ backlogRows }) => backlogRows / 1e6) }],
      },
      {
        title: 'Workers',
        lines: [
          { name: 'running', color: COLORS.one, stepped: true, points: over(({ running }) => running) },
          { name: 'desired', color: COLORS.other, stepped: true, dashed: true, points: over(({ desired }) => desired) },
        ],
      },
      {
        title: 'Oldest waiting shard, minutes',
        lines: [{ name: '', color: COLORS.one, points: over(({ oldestAgeSeconds }) => oldestAgeSeconds / MINUTE) }],
      },
      {
        title: 'Clinicians, p99 of a minute, ms',
        lines: [
          {
            name: '',
            color: COLORS.one,
            points: over(({ clinicianP99Seconds: p99 }) => (p99 === null ? null : p99 * 1_000)),
          },
        ],
      },
    ],
    notes: checks.map(({ name, passed, observed }) => `${passed ? '✓' : '✗'} ${name}: ${observed}`),
  });
}
