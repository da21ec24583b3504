/** @jest-environment jsdom */
import type { ModelSummary, Session } from '@cytoqueue/client';
import { screen, waitFor, within } from '@testing-library/dom';
import { client, noRetryClient } from '../api/clients';
import { GRADES_MODEL, problem, renderPage } from '../page.test.fixtures';
import { modelAddress } from './model-reference';
import { ModelVersionPage } from './model-version-page';
import { ModelsPage } from './models-page';

const MODEL: ModelSummary = {
  name: 'wbc-knn',
  champion: '1.0.0',
  versions: ['1.0.0', '1.1.0'],
  history: [],
  newer_version: '1.1.0',
  links: { self: '/v1/models/wbc-knn' },
};

async function renderFor(session: Pick<Session, 'role' | 'platform'>, newer: string | null = '1.1.0') {
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([{ ...MODEL, newer_version: newer }]);
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({
    tenant: 'clinic',
    key_id: 'key',
    expires_at: null,
    defaults: { model: 'wbc-knn@1.1.0', operating_point: 'default' },
    ...session,
  });
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue(GRADES_MODEL);
  jest.spyOn(noRetryClient, 'getModelEvaluation').mockResolvedValue({
    cv: { sensitivity: 0.983 },
    cv_intervals: { sensitivity: [0.966, 0.994] },
    repetitions: 10,
    reliability: [],
  });
  const user = renderPage(<ModelsPage />);
  await screen.findByText('in use');
  await screen.findByRole('heading', { name: 'wbc-knn' });
  return user;
}

afterEach(() => jest.restoreAllMocks());

test('an admin learns that a newer version came with the service, and who can make it current', async () => {
  await renderFor({ role: 'admin', platform: false });
  expect((await screen.findByRole('status')).textContent).toMatch(
    /1\.1\.0 is available and not in use.*Version 1\.0\.0 still scores.*A platform key/,
  );
});

test('a model tells its inputs and its sensitivity, and which version is the laboratory’s default', async () => {
  await renderFor({ role: 'member', platform: false });
  await screen.findByText('9 grades from 1 to 10');
  expect((await screen.findByText(/^98\.3/)).textContent).toMatch(/96\.6.% to 99\.4.%/);
  expect((await screen.findByText('your laboratory’s default')).parentElement?.textContent).toContain('wbc-knn 1.1.0');
});

test('a platform key can make it current, and the laboratory’s default is read again', async () => {
  const user = await renderFor({ role: 'admin', platform: true });
  expect((await screen.findByRole('status')).textContent).toContain('You can make it current below.');
  jest.spyOn(client, 'promote').mockResolvedValue({ ...MODEL, champion: '1.1.0' });
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({
    ...(await noRetryClient.session()),
    defaults: { model: 'wbc-knn@1.0.0', operating_point: 'default' },
  });
  await user.click(screen.getByRole('button', { name: 'Make 1.1.0 current' }));
  await user.click(within(await screen.findByRole('alertdialog')).getByText('Make current'));
  await waitFor(() =>
    expect(screen.getByText('your laboratory’s default').parentElement?.textContent).toContain('wbc-knn 1.0.0'),
  );
});

test.each([
  [{ role: 'member', platform: false } as const, '1.1.0'],
  [{ role: 'admin', platform: false } as const, null],
])('%j with the newer version %s: no notice', async (session, newer) => {
  await renderFor(session, newer);
  expect(screen.queryByRole('status')).toBeNull();
});

test('the link of an own model’s version opens its page', async () => {
  const version = { ...GRADES_MODEL, name: 'own/lab', version: '1' };
  const get = jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue(version);
  jest.spyOn(noRetryClient, 'getModelEvaluation').mockRejectedValue(problem(404));
  jest.spyOn(noRetryClient, 'getModelCard').mockRejectedValue(problem(404));
  renderPage(<ModelVersionPage />, '/models/:name/:version', modelAddress('own/lab', '1'));
  await screen.findByRole('heading', { name: 'own/lab 1' });
  await screen.findByText(/^No card is kept/);
  expect(get).toHaveBeenCalledWith('own/lab', '1', expect.anything());
});
