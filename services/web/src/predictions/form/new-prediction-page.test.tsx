/** @jest-environment jsdom */
import type { ModelVersion, Session } from '@cytoqueue/client';
import { screen, waitFor } from '@testing-library/dom';
import { noRetryClient } from '../../api/clients';
import { useSession } from '../../session/use-session';
import { GRADES_MODEL, renderPage } from '../../page.test.fixtures';
import { NewPredictionPage } from './new-prediction-page';

const OWN_MODEL: ModelVersion = {
  ...GRADES_MODEL,
  name: 'own/thyroid',
  schema: 'custom-1',
  schema_title: 'Thyroid aspirates',
  features: GRADES_MODEL.features.slice(0, 4),
  labels: ['euthyroid', 'relapsed'],
};

afterEach(() => jest.restoreAllMocks());

test('a model setting that cannot be read is named as the cause, not a failure of the page', async () => {
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({} as Session);
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([]);
  renderPage(<NewPredictionPage />);
  const notice = await screen.findByRole('alert');
  expect(notice.textContent).toContain('Your laboratory’s model setting could not be read.');
  expect(notice.textContent).not.toContain('This page failed');
});

test('the page of an own model names its schema, features and classes, and nothing while the model is loading', async () => {
  const defaults = { model: 'own/thyroid@1', operating_point: 'default' } as const;
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({ defaults } as Session);
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([]);
  let show: (version: ModelVersion) => void = () => undefined;
  const loading = new Promise<ModelVersion>((resolve) => (show = resolve));
  const getModelVersion = jest.spyOn(noRetryClient, 'getModelVersion').mockReturnValue(loading);
  renderPage(<NewPredictionPage />);
  await waitFor(() => expect(getModelVersion).toHaveBeenCalled());
  expect(screen.queryByText(/grades|measurements|features/)).toBeNull();
  show(OWN_MODEL);
  await screen.findByText('Thyroid aspirates: 4 features.');
  expect(screen.getByLabelText('Threshold for relapsed').textContent).toContain('99 % of the relapsed training cases');
  expect(screen.queryByText(/malignant/)).toBeNull();
});

/** As in the layout: a page is shown once the session is known. */
function AfterSession() {
  return useSession() === undefined ? null : <NewPredictionPage />;
}

test('the form begins with the model that came with the session, without asking for it again', async () => {
  const defaults = { model: 'wbc-knn@1.1.0', operating_point: 'default' } as const;
  const session = jest.spyOn(noRetryClient, 'session').mockResolvedValue({ defaults } as Session);
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([]);
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue(GRADES_MODEL);
  renderPage(<AfterSession />);
  await screen.findByRole('button', { name: 'Get result' });
  expect(session).toHaveBeenCalledTimes(1);
});
