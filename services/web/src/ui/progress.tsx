import { Label, ProgressBar } from 'react-aria-components';
import styles from './progress.module.css';

interface ProgressProps {
  label: string;
  /** 0..1; undefined while unknown. */
  share: number | undefined;
  text: string;
}

export function Progress({ label, share, text }: ProgressProps) {
  return (
    <ProgressBar value={(share ?? 0) * 100} isIndeterminate={share === undefined} valueLabel={text}>
      <div className={styles.progressHead}>
        <Label>{label}</Label>
        <span>{text}</span>
      </div>
      <div className={styles.progressTrack}>
        <div
          className={styles.progressFill}
          data-unknown={share === undefined || undefined}
          style={share === undefined ? {} : { inlineSize: `${share * 100}%` }}
        />
      </div>
    </ProgressBar>
  );
}
