import type { QueryClient } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { applyTheme, readTheme } from './theme';

export function showApp(queryClient: QueryClient): void {
  const root = document.getElementById('root');
  if (root === null) throw new Error('index.html has no #root');
  applyTheme(readTheme());
  createRoot(root).render(
    <StrictMode>
      <App queryClient={queryClient} />
    </StrictMode>,
  );
}
