import type { ReactNode } from 'react';

export interface StatTile {
  name: string;
  value: ReactNode;
  more?: ReactNode;
  tone?: 'warning' | 'benign' | 'malignant' | 'indeterminate' | undefined;
}

export function StatTiles({ tiles }: { tiles: readonly StatTile[] }) {
  return (
    <dl className="tiles">
      {tiles.map(({ name, value, more, tone }) => (
        <div key={name} className={`tile ${tone ?? ''}`}>
          <dt>{name}</dt>
          <dd className="tile-value">{value}</dd>
          {more !== undefined && <dd className="small muted">{more}</dd>}
        </div>
      ))}
    </dl>
  );
}
