import type { ReactNode } from 'react';
import styles from './layout.module.css';

/** A page without navigation: there is no session yet. */
export function StartPage({ children }: { children: ReactNode }) {
  return (
    <main className={styles.startPage} id="main">
      {children}
    </main>
  );
}
