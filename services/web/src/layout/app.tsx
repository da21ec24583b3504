import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { RouterProvider, createBrowserRouter } from 'react-router';
import { BASE_PATH } from '../api/base-path';
import { DraftKeeper } from '../predictions/form/draft-context';
import { SessionGuard } from '../session/session-guard';
import { routes } from './routes';

export function App({ queryClient }: { queryClient: QueryClient }) {
  const [router] = useState(() => createBrowserRouter(routes, { basename: BASE_PATH === '' ? '/' : BASE_PATH }));
  return (
    <QueryClientProvider client={queryClient}>
      <DraftKeeper>
        <SessionGuard>
          <RouterProvider router={router} />
        </SessionGuard>
      </DraftKeeper>
    </QueryClientProvider>
  );
}
