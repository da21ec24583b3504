import { COLORS, drawPanels } from '../simulate/panels';
import { POLICY_SECONDS_PER_SECOND as COMPRESSION } from './controller';
import type { Comparison, Run } from './replay';
import { drawBars, drawDigits } from './text-chart';

/** Draws the run and its simulation in one chart, in real seconds. */
export function drawRun({ samples }: Run, { simulated }: Comparison, notes: readonly string[]): string {
  const endSeconds = samples.at(-1)?.atSeconds ?? 1;
  const during = simulated.samples.filter(({ atSeconds }) => atSeconds <= endSeconds);
  const over = <T extends { atSeconds: number }>(points: readonly T[], value: (point: T) => number | null) =>
    points.map((point) => [point.atSeconds / COMPRESSION, value(point)] as const);
  const millions = ({ backlogRows }: { backlogRows: number | null }) =>
    backlogRows === null ? null : backlogRows / 1e6;
  return drawPanels({
    title: 'demo:scale: real workers, and the simulator on the same load',
    xTitle: 'seconds (each a minute of the policy)',
    xEnd: endSeconds / COMPRESSION,
    panels: [
      {
        title: 'Backlog, million rows',
        lines: [
          { name: 'real', color: COLORS.one, points: over(samples, millions) },
          { name: 'simulated', color: COLORS.other, dashed: true, points: over(during, millions) },
        ],
      },
      {
        title: 'Workers running',
        lines: [
          { name: 'real', color: COLORS.one, stepped: true, points: over(samples, ({ running }) => running) },
          {
            name: 'simulated',
            color: COLORS.other,
            stepped: true,
            dashed: true,
            points: over(during, ({ running }) => running),
          },
        ],
      },
    ],
    notes,
  });
}

/** Prints the run as text, one column per second. */
export function printRun({ samples }: Run, { peakRows }: Comparison): string {
  const backlog = drawBars(samples.map(({ backlogRows }) => backlogRows));
  return [
    `  backlog  ${backlog}  at most ${(peakRows.real / 1e6).toFixed(1)} million rows`,
    `  desired  ${drawDigits(samples.map(({ desired }) => desired))}`,
    `  running  ${drawDigits(samples.map(({ running }) => running))}  workers`,
  ].join('\n');
}

export function formatComparison({
  throughputOfOne,
  throughputOfBoth,
  meanDifference,
  peakRows,
  scaledOutSeconds,
  scaledInSeconds,
}: Comparison): string[] {
  const rate = (pace: number): string => `${Math.round((pace * COMPRESSION) / 1_000)} k rows/s`;
  const at = (seconds: number | undefined): string =>
    seconds === undefined ? 'never' : `${(seconds / COMPRESSION).toFixed(0)} s`;
  const millions = (rows: number): string => (rows / 1e6).toFixed(1);
  return [
    `pace: one worker ${rate(throughputOfOne)}, both together ${rate(throughputOfBoth)}, on cores that they share`,
    `backlog at most: real ${millions(peakRows.real)}, simulated ${millions(peakRows.simulated)} million rows; apart by ${(meanDifference * 100).toFixed(0)} % of it on average`,
    `second worker runs: real ${at(scaledOutSeconds.real)}, simulated ${at(scaledOutSeconds.simulated)}; is gone: real ${at(scaledInSeconds.real)}, simulated ${at(scaledInSeconds.simulated)}`,
  ];
}
