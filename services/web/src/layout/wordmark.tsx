import styles from './layout.module.css';

export function Wordmark() {
  return (
    <span className={styles.wordmark}>
      <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
        <circle cx="16" cy="16" r="13.5" className={styles.wordmarkCell} />
        <circle cx="19" cy="14" r="6.500" className={styles.wordmarkNucleus} />
        <circle cx="21" cy="12.500" r="1.800" className={styles.wordmarkNucleolus} />
      </svg>
      Cytoqueue
    </span>
  );
}
