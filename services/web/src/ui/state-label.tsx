import type { ReactNode } from 'react';
import styles from './state-label.module.css';

/** The state of a batch or training in the colour of its kind. Screen readers announce changes. */
export function StateLabel({ state, children }: { state: string; children: ReactNode }) {
  return (
    <p className={styles.state} data-state={state} role="status">
      {children}
    </p>
  );
}
