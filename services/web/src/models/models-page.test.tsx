/** @jest-environment jsdom */
import type { ModelSummary, Session } from '@cytoqueue/client';
import { screen, waitFor, within } from '@testing-library/dom';
import { client, noRetryClient } from '../api/clients';
import { createQueryClient } from '../api/query-client';
import { GRADES_MODEL, problem, renderPage } from '../page.test.fixtures';
import { MODELS_KEY } from './model-queries';
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

async function renderFor(
  session: Pick<Session, 'role' | 'platform'>,
  newer: string | null = '1.1.0',
  others: ModelSummary[] = [],
) {
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([{ ...MODEL, newer_version: newer }, ...others]);
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
  renderPage(<ModelVersionPage />, '/models/own/:ownName/:version', modelAddress('own/lab', '1'));
  await screen.findByRole('heading', { name: 'own/lab 1' });
  await screen.findByText(/^No card is kept/);
  expect(get).toHaveBeenCalledWith('own/lab', '1', expect.anything());
});

const OWN: ModelSummary = { ...MODEL, name: 'own/lab', champion: null, versions: ['1'], newer_version: null };

test.each([
  ['admin', 1],
  ['member', 0],
] as const)('an own model without a version in use: %s has %i buttons to make one current', async (role, count) => {
  await renderFor({ role, platform: false }, null, [OWN]);
  expect(screen.queryAllByRole('button', { name: 'Make 1 current' })).toHaveLength(count);
});

test('the page asks again for models that were read a moment ago, because a training may have added one since', async () => {
  const queryClient = createQueryClient();
  queryClient.setQueryData(MODELS_KEY, [MODEL]);
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([MODEL, OWN]);
  jest.spyOn(noRetryClient, 'session').mockRejectedValue(problem(401));
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue(GRADES_MODEL);
  jest.spyOn(noRetryClient, 'getModelEvaluation').mockRejectedValue(problem(404));
  renderPage(<ModelsPage />, '/', '/', queryClient);
  expect(await screen.findByRole('heading', { name: 'own/lab' })).toBeDefined();
});

test('an admin makes a version of an own model current for the laboratory', async () => {
  const user = await renderFor({ role: 'admin', platform: false }, null, [OWN]);
  const promote = jest.spyOn(client, 'promote').mockResolvedValue({ ...OWN, champion: '1' });
  await user.click(screen.getByRole('button', { name: 'Make 1 current' }));
  const dialog = await screen.findByRole('alertdialog');
  expect(dialog.textContent).toContain('of your laboratory that names own/lab without a version');
  await user.click(within(dialog).getByText('Make current'));
  expect(promote).toHaveBeenCalledWith('own/lab', '1', {});
});

test('a version in use is not deleted before another one is made current, as the dialog says', async () => {
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({ role: 'admin', platform: false } as Session);
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([{ ...OWN, champion: '1' }]);
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue({ ...GRADES_MODEL, name: 'own/lab', version: '1' });
  jest.spyOn(noRetryClient, 'getModelEvaluation').mockRejectedValue(problem(404));
  jest.spyOn(noRetryClient, 'getModelCard').mockRejectedValue(problem(404));
  const user = renderPage(<ModelVersionPage />, '/models/own/:ownName/:version', modelAddress('own/lab', '1'));
  await user.click(await screen.findByRole('button', { name: 'Delete this version' }));
  const dialog = await screen.findByRole('alertdialog');
  await within(dialog).findByText(/^It is in use/);
  expect(within(dialog).getByRole('button', { name: 'Delete permanently' }).hasAttribute('disabled')).toBe(true);
});

test('the page of an own version compares it with others, and an admin deletes it with its training rows', async () => {
  const figure = { value: 0.97, other: 0.98, difference: { value: -0.01, low: -0.03, high: 0.01 } };
  const figures = { sensitivity: figure, specificity: figure, auc: figure, brier: figure, coverage: figure };
  const counts = { records: 569, folds: 10, repetitions: 5 };
  const comparisons = [{ model: 'wbc-knn@1.1.0', digest: '', records_of: 'own/lab@1', ...counts, ...figures }];
  const version = { ...GRADES_MODEL, name: 'own/lab', version: '1', comparisons };
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue(version);
  jest.spyOn(noRetryClient, 'getModelEvaluation').mockRejectedValue(problem(404));
  jest.spyOn(noRetryClient, 'getModelCard').mockRejectedValue(problem(404));
  const session = { tenant: 'clinic', key_id: 'key', expires_at: null, role: 'admin', platform: false } as const;
  jest.spyOn(noRetryClient, 'session').mockResolvedValue(session);
  const remove = jest.spyOn(client, 'deleteModelVersion').mockResolvedValue();
  const user = renderPage(<ModelVersionPage />, '/models/own/:ownName/:version', modelAddress('own/lab', '1'));
  const row = await screen.findByRole('row', { name: /^wbc-knn 1\.1\.0 569/ });
  expect(within(row).getAllByText('97 % (−1 %, −3 % to +1 %)')).toHaveLength(3);
  expect(within(row).getAllByText('0.970 (−0.010, −0.030 to +0.010)')).toHaveLength(2);
  await user.click(await screen.findByRole('button', { name: 'Delete this version' }));
  const dialog = await screen.findByRole('alertdialog');
  expect(dialog.textContent).toContain('The training rows that it contains are erased with it');
  await user.click(within(dialog).getByText('Delete permanently'));
  await screen.findByText('now at /models');
  expect(remove).toHaveBeenCalledWith('own/lab', '1');
});
