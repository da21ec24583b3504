import type { ReactNode } from 'react';
import { TEXTS } from './texts';

export function Loading({ children = TEXTS.loading }: { children?: ReactNode }) {
  return (
    <p className="loading" role="status">
      {children}
    </p>
  );
}
