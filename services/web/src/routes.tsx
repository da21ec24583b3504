import { Navigate, type RouteObject } from 'react-router';
import { SignInPage } from './session/sign-in-page';
import { rightsOf, useSession } from './session/use-session';
import { Crash } from './shell/crash';
import { NotFoundPage } from './shell/not-found-page';
import { Shell } from './shell/shell';

/** Each page is loaded when it is first gone to. */
export const routes: RouteObject[] = [
  {
    errorElement: <Crash />,
    hydrateFallbackElement: <></>,
    children: [
      { path: '/sign-in', element: <SignInPage /> },
      {
        element: <Shell />,
        children: [
          {
            errorElement: <Crash />,
            children: [
              { index: true, element: <Start /> },
              { path: 'predictions', lazy: async () => ({ Component: (await import('./predictions/recent-page')).RecentPage }) },
              { path: 'predictions/new', lazy: async () => ({ Component: (await import('./predictions/new-page')).NewPage }) },
              { path: 'predictions/:id', lazy: async () => ({ Component: (await import('./predictions/prediction-page')).PredictionPage }) },
              { path: 'batches', lazy: async () => ({ Component: (await import('./batches/batches-page')).BatchesPage }) },
              { path: 'batches/new', lazy: async () => ({ Component: (await import('./batches/upload-page')).UploadPage }) },
              { path: 'batches/:id', lazy: async () => ({ Component: (await import('./batches/batch-page')).BatchPage }) },
              { path: 'operations', lazy: async () => ({ Component: (await import('./operations/operations-page')).OperationsPage }) },
              { path: 'models', lazy: async () => ({ Component: (await import('./models/models-page')).ModelsPage }) },
              { path: 'models/:name/:version', lazy: async () => ({ Component: (await import('./models/version-page')).VersionPage }) },
              { path: 'audit', lazy: async () => ({ Component: (await import('./audit/audit-page')).AuditPage }) },
              { path: '*', element: <NotFoundPage /> },
            ],
          },
        ],
      },
    ],
  },
];

function Start() {
  const session = useSession();
  if (!session) return null;
  return <Navigate to={rightsOf(session).records ? '/predictions/new' : '/operations'} replace />;
}
