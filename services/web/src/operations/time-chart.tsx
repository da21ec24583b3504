import { formatCount, formatTime } from '../ui/format';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';
import styles from './operations.module.css';

interface TimeChartProps {
  /** Oldest first; `at` in milliseconds. */
  points: readonly { at: number; value: number }[];
  unit: string;
}

const WIDTH = 480;
const HEIGHT = 130;
const LEFT = 8;
const TOP = 20;
const BOTTOM = 22;

/** Plots one metric of the last hour. */
export function TimeChart({ points, unit }: TimeChartProps) {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2)
    return <p className={ui.note}>{TEXTS.timeChart.begins}</p>;
  const highest = Math.max(...points.map(({ value }) => value), 1);
  const x = (at: number): number => LEFT + ((at - first.at) / Math.max(1, last.at - first.at)) * (WIDTH - 2 * LEFT);
  const y = (value: number): number => HEIGHT - BOTTOM - (value / highest) * (HEIGHT - TOP - BOTTOM);
  const line = points.map(({ at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const label = TEXTS.timeChart.label(
    formatCount(last.value),
    unit,
    formatCount(Math.min(...points.map(({ value }) => value))),
    formatCount(highest),
  );
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className={styles.timeChart} role="img" aria-label={label}>
      <line x1={LEFT} x2={WIDTH - LEFT} y1={y(0)} y2={y(0)} className={ui.gridLine} />
      <line x1={LEFT} x2={WIDTH - LEFT} y1={y(highest)} y2={y(highest)} className={ui.gridLine} />
      <polygon points={`${LEFT},${y(0)} ${line} ${x(last.at)},${y(0)}`} className={styles.timeArea} />
      <polyline points={line} className={styles.timeLine} />
      <text x={LEFT} y={y(highest) - 6} className={ui.chartText}>
        {formatCount(highest)}
      </text>
      <text x={LEFT} y={HEIGHT - 6} className={ui.chartText}>
        {formatTime(first.at)}
      </text>
      <text x={WIDTH - LEFT} y={HEIGHT - 6} textAnchor="end" className={ui.chartText}>
        {formatTime(last.at)}
      </text>
    </svg>
  );
}
