import styles from './class-icon.module.css';

interface ClassIconProps {
  name: 'benign' | 'malignant' | 'indeterminate';
}

/** A disc, a diamond or a ring, so that classes differ by shape as well as by colour. */
export function ClassIcon({ name }: ClassIconProps) {
  return (
    <svg viewBox="-6 -6 12 12" width="11" height="11" aria-hidden="true" className={`${styles.sign} ${styles[name]}`}>
      {name === 'malignant' ? <path d="M0 -5.500 L5.500 0 L0 5.500 L-5.500 0 z" /> : <circle r="4.300" />}
    </svg>
  );
}
