/** @jest-environment jsdom */
import { screen, within } from '@testing-library/dom';
import { noRetryClient } from '../api/clients';
import { finishedTraining, renderPage } from '../page.test.fixtures';
import { TrainingsPage } from './trainings-page';

afterEach(() => jest.restoreAllMocks());

test('each training is listed with its file, state, progress and version; older ones on demand', async () => {
  const list = jest.spyOn(noRetryClient, 'listTrainings');
  list.mockResolvedValueOnce({
    data: [finishedTraining({ id: 'training_2', status: 'processing', progress: 0.42, model: null, filename: null })],
    has_more: true,
    last_id: 'training_2',
  });
  list.mockResolvedValue({ data: [finishedTraining()], has_more: false, last_id: 'training_1' });
  const user = renderPage(<TrainingsPage />);
  const [, open] = await screen.findAllByRole('row');
  expect(open?.textContent).toContain('own/mylabunnamedBeing trained (42\u00a0%)–');
  await user.click(screen.getByText('Show older trainings'));
  const version = await screen.findByRole('link', { name: 'own/mylab 1' });
  expect(version.getAttribute('href')).toBe('/models/own/mylab/1');
  expect(within(version.closest('tr') as HTMLElement).getByText('Trained')).not.toBeNull();
  expect(list).toHaveBeenLastCalledWith(expect.objectContaining({ after: 'training_2' }));
});

test('without a training, the page says what one needs', async () => {
  jest.spyOn(noRetryClient, 'listTrainings').mockResolvedValue({ data: [], has_more: false, last_id: null });
  renderPage(<TrainingsPage />);
  await screen.findByText(/a column with the known diagnosis/);
  expect(screen.getByRole('link', { name: 'Train a model' }).getAttribute('href')).toBe('/trainings/new');
});
