import { Navigate, type RouteObject } from 'react-router';
import { NewPredictionPage } from '../predictions/form/new-prediction-page';
import { SignInPage } from '../session/sign-in-page';
import { permissionsOf, useSession } from '../session/use-session';
import { RouteErrorPage } from './route-error-page';
import { NotFoundPage } from './not-found-page';
import { AppLayout } from './app-layout';

/** Each page's script is loaded on the first visit, except for the form that most users open first. */
export const routes: RouteObject[] = [
  {
    errorElement: <RouteErrorPage />,
    hydrateFallbackElement: <></>,
    children: [
      { path: '/sign-in', element: <SignInPage /> },
      {
        element: <AppLayout />,
        children: [
          {
            errorElement: <RouteErrorPage />,
            children: [
              { index: true, element: <HomeRedirect /> },
              {
                path: 'predictions',
                lazy: async () => ({ Component: (await import('../predictions/predictions-page')).PredictionsPage }),
              },
              {
                path: 'predictions/new',
                element: <NewPredictionPage />,
              },
              {
                path: 'predictions/:id',
                lazy: async () => ({
                  Component: (await import('../predictions/result/prediction-page')).PredictionPage,
                }),
              },
              {
                path: 'batches',
                lazy: async () => ({ Component: (await import('../batches/batches-page')).BatchesPage }),
              },
              {
                path: 'batches/new',
                lazy: async () => ({ Component: (await import('../batches/upload/upload-page')).UploadPage }),
              },
              {
                path: 'batches/:id',
                lazy: async () => ({ Component: (await import('../batches/detail/batch-page')).BatchPage }),
              },
              {
                path: 'batches/:id/rows/:row',
                lazy: async () => ({ Component: (await import('../batches/rows/row-page')).RowPage }),
              },
              {
                path: 'worklist',
                lazy: async () => ({ Component: (await import('../worklist/worklist-page')).WorklistPage }),
              },
              {
                path: 'settings',
                lazy: async () => ({ Component: (await import('../settings/settings-page')).SettingsPage }),
              },
              {
                path: 'operations',
                lazy: async () => ({ Component: (await import('../operations/operations-page')).OperationsPage }),
              },
              { path: 'models', lazy: async () => ({ Component: (await import('../models/models-page')).ModelsPage }) },
              {
                path: 'models/:name/:version',
                lazy: async () => ({ Component: (await import('../models/model-version-page')).ModelVersionPage }),
              },
              {
                path: 'models/own/:ownName/:version',
                lazy: async () => ({ Component: (await import('../models/model-version-page')).ModelVersionPage }),
              },
              {
                path: 'trainings',
                lazy: async () => ({ Component: (await import('../trainings/trainings-page')).TrainingsPage }),
              },
              {
                path: 'trainings/new',
                lazy: async () => ({
                  Component: (await import('../trainings/form/new-training-page')).NewTrainingPage,
                }),
              },
              {
                path: 'trainings/:id',
                lazy: async () => ({ Component: (await import('../trainings/training-page')).TrainingPage }),
              },
              { path: 'audit', lazy: async () => ({ Component: (await import('../audit/audit-page')).AuditPage }) },
              {
                path: 'performance',
                lazy: async () => ({ Component: (await import('../performance/performance-page')).PerformancePage }),
              },
              {
                path: 'import-profiles',
                lazy: async () => ({
                  Component: (await import('../import-profiles/import-profiles-page')).ImportProfilesPage,
                }),
              },
              {
                path: 'api-keys',
                lazy: async () => ({ Component: (await import('../api-keys/api-keys-page')).ApiKeysPage }),
              },
              { path: 'help', lazy: async () => ({ Component: (await import('../help/help-page')).HelpPage }) },
              { path: '*', element: <NotFoundPage /> },
            ],
          },
        ],
      },
    ],
  },
];

function HomeRedirect() {
  const session = useSession();
  if (!session) return null;
  return <Navigate to={permissionsOf(session).records ? '/predictions/new' : '/operations'} replace />;
}
