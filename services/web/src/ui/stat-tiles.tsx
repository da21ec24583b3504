import type { ReactNode } from 'react';
import { ui } from './styles';
import styles from './stat-tiles.module.css';

export interface StatTile {
  name: string;
  value: ReactNode;
  hint?: ReactNode;
  tone?: 'warning' | 'error' | 'benign' | 'malignant' | 'indeterminate' | undefined;
}

export function StatTiles({ tiles }: { tiles: readonly StatTile[] }) {
  return (
    <dl className={styles.tiles}>
      {tiles.map(({ name, value, hint, tone }) => (
        <div key={name} className={tone === undefined ? styles.tile : `${styles.tile} ${styles[tone]}`}>
          <dt>{name}</dt>
          <dd className={styles.value}>{value}</dd>
          {hint !== undefined && <dd className={ui.note}>{hint}</dd>}
        </div>
      ))}
    </dl>
  );
}
