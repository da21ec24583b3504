import type { ReactNode } from 'react';
import { TEXTS } from './texts';
import styles from './loading.module.css';

export function Loading({ children = TEXTS.loading }: { children?: ReactNode }) {
  return (
    <p className={styles.loading} role="status">
      {children}
    </p>
  );
}
