import type { ReactNode } from 'react';

export interface StatTile {
  name: string;
  value: ReactNode;
  hint?: ReactNode;
  tone?: 'warning' | 'error' | 'benign' | 'malignant' | 'indeterminate' | undefined;
}

export function StatTiles({ tiles }: { tiles: readonly StatTile[] }) {
  return (
    <dl className="tiles">
      {tiles.map(({ name, value, hint, tone }) => (
        <div key={name} className={`tile ${tone ?? ''}`}>
          <dt>{name}</dt>
          <dd className="tile-value">{value}</dd>
          {hint !== undefined && <dd className="small muted">{hint}</dd>}
        </div>
      ))}
    </dl>
  );
}
