import styles from './interval-bar.module.css';

interface IntervalBarProps {
  low: number;
  high: number;
  value: number;
  /** Another share to compare with, drawn as an upright bar. */
  reference?: number | undefined;
}

/** A share from 0 to 1 with its interval. Decorative: the numbers stand beside it. */
export function IntervalBar({ low, high, value, reference }: IntervalBarProps) {
  const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;
  return (
    <svg className={styles.intervalBar} aria-hidden="true">
      <rect width="100%" height="100%" className={styles.intervalTrack} />
      <line x1={percent(low)} x2={percent(high)} y1="50%" y2="50%" className={styles.intervalLine} />
      <circle cx={percent(value)} cy="50%" r="4" className={styles.intervalValue} />
      {reference !== undefined && (
        <line x1={percent(reference)} x2={percent(reference)} y1="0" y2="100%" className={styles.intervalReference} />
      )}
    </svg>
  );
}
