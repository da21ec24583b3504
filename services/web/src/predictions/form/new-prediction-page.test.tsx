/** @jest-environment jsdom */
import { ConnectionError, type ModelVersion, type Session } from '@cytoqueue/client';
import { useQueryClient } from '@tanstack/react-query';
import { screen, waitFor } from '@testing-library/dom';
import { client, noRetryClient } from '../../api/clients';
import { DEFAULTS_KEY } from '../../models/model-queries';
import { useSession } from '../../session/use-session';
import { GRADES_MODEL, renderPage } from '../../page.test.fixtures';
import { DraftProvider } from './draft-context';
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

function PageThatReloadsSettings() {
  const queryClient = useQueryClient();
  return (
    <DraftProvider tenant="clinic">
      <button type="button" onClick={() => void queryClient.invalidateQueries({ queryKey: DEFAULTS_KEY })}>
        reload the settings
      </button>
      <NewPredictionPage />
    </DraftProvider>
  );
}

/** A record whose first response is lost, after which version 1.1.0 becomes the champion; the next one is accepted. */
async function sendBeforePromotion() {
  const defaultsWith = (model: string): Session =>
    ({ defaults: { model, operating_point: 'default' } }) satisfies Pick<Session, 'defaults'> as Session;
  const session = jest.spyOn(noRetryClient, 'session').mockResolvedValue(defaultsWith('wbc-knn@1.0.0'));
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([]);
  jest
    .spyOn(noRetryClient, 'getModelVersion')
    .mockImplementation((_name, version) => Promise.resolve({ ...GRADES_MODEL, version, digest: `sha256:${version}` }));
  const predict = jest
    .spyOn(client, 'predict')
    .mockRejectedValueOnce(new ConnectionError('no response'))
    .mockResolvedValueOnce({ id: 'pred_1', status: 'queued' } as Awaited<ReturnType<typeof client.predict>>);
  const user = renderPage(<PageThatReloadsSettings />);
  const submit = await screen.findByText('Get result');
  await user.keyboard('544343431');
  await user.click(submit);
  await screen.findByText(/it is not stored twice/);
  session.mockResolvedValue(defaultsWith('wbc-knn@1.1.0'));
  await user.click(screen.getByText('reload the settings'));
  await screen.findByText('Laboratory’s setting: wbc-knn 1.1.0');
  return {
    user,
    sendAgain: async () => {
      await user.click(screen.getByText('Get result'));
      await screen.findByText('now at /predictions/pred_1');
      return predict.mock.calls as Parameters<typeof client.predict>[];
    },
  };
}

test('an unchanged record whose response was lost is sent again as it was, although another version is the champion by now', async () => {
  const { sendAgain } = await sendBeforePromotion();
  screen.getByText(/it is not stored twice/);
  const [first, second] = await sendAgain();
  expect(first?.[0].model).toBe('wbc-knn@1.0.0');
  expect(second).toEqual(first);
});

test('a record that is changed after a promotion is a new one, with the new champion', async () => {
  const { user, sendAgain } = await sendBeforePromotion();
  await user.type(screen.getByLabelText('Reference (optional)'), 'S24-0020');
  const [first, second] = await sendAgain();
  expect(second?.[0]).toMatchObject({ model: 'wbc-knn@1.1.0', sample_id: 'S24-0020' });
  expect(second?.[1]?.idempotencyKey).not.toBe(first?.[1]?.idempotencyKey);
});
