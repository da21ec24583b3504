/** @jest-environment jsdom */
import type { Training } from '@cytoqueue/client';
import { screen, within } from '@testing-library/dom';
import { client, noRetryClient, streamClient } from '../api/clients';
import { GRADES_MODEL, finishedTraining, problem, renderPage } from '../page.test.fixtures';
import { TrainingPage } from './training-page';

function renderTraining(changes: Partial<Training> = {}) {
  jest.spyOn(noRetryClient, 'getTraining').mockResolvedValue(finishedTraining(changes));
  return renderPage(<TrainingPage />, '/trainings/:id', '/trainings/training_1');
}

const OPEN = { status: 'processing', progress: 0.42, eta_seconds: 75, model: null, evaluation: null } as const;

let getCard: jest.SpyInstance;

beforeEach(() => {
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue({ ...GRADES_MODEL, name: 'own/mylab', version: '1' });
  // Jest cannot load the Markdown renderer; test/src/web shows cards.
  getCard = jest.spyOn(noRetryClient, 'getModelCard').mockRejectedValue(problem(404));
});

afterEach(() => jest.restoreAllMocks());

test('a trained model is shown with figures and intervals, and how to use it', async () => {
  renderTraining();
  await screen.findByText(/of malignant cases classified as malignant; 95.% interval 93\.1.% to 98\.1.%/);
  expect(screen.getByText('0.026').nextElementSibling?.textContent).toContain('interval 0.017 to 0.035');
  expect(screen.getByText('93.1 %').nextElementSibling?.textContent).toBe('of all cases; others are undecided');
  expect(screen.getByRole('link', { name: 'own/mylab 1' }).getAttribute('href')).toBe('/models/own/mylab/1');
  expect(
    screen.getByText(/Deleting the file does not erase patients from it; deleting the\s+version does/),
  ).toBeTruthy();
  await screen.findByText(/^No card is kept/);
  expect(getCard).toHaveBeenCalledWith('own/mylab', '1', expect.anything());
  expect(screen.getByText('569, of which 560 are complete and used')).toBeTruthy();
  expect(screen.getByText('Seed').nextElementSibling?.textContent).toBe('2');
});

test('an open training follows its events and is canceled after a confirmation', async () => {
  jest.spyOn(streamClient, 'trainingEvents').mockImplementation(async function* () {
    yield finishedTraining({ ...OPEN, progress: 0.5, eta_seconds: 61 });
    await new Promise(() => undefined);
  });
  const cancel = jest.spyOn(client, 'cancelTraining');
  cancel.mockResolvedValue(finishedTraining({ ...OPEN, status: 'canceled', progress: 1, eta_seconds: null }));
  const user = renderTraining(OPEN);
  await screen.findByText('50 %, about 1 min 1 s left');
  await user.click(screen.getByRole('button', { name: 'Cancel' }));
  expect(cancel).not.toHaveBeenCalled();
  await user.click(within(await screen.findByRole('alertdialog')).getByText('Cancel the training'));
  await screen.findByText('Canceled');
  expect(cancel).toHaveBeenCalledWith('training_1');
  expect(screen.getByRole('button', { name: 'Delete' })).toBeTruthy();
});

test('a failed training says why', async () => {
  renderTraining({ ...OPEN, status: 'failed', error: { code: 'separable', detail: 'The classes do not overlap.' } });
  expect((await screen.findByRole('alert')).textContent).toBe('No model was trained. The classes do not overlap.');
});

test('deleting says that the version and its training rows stay, and opens the list', async () => {
  const remove = jest.spyOn(client, 'deleteTraining').mockResolvedValue();
  const user = renderTraining();
  await user.click(await screen.findByRole('button', { name: 'Delete' }));
  const dialog = await screen.findByRole('alertdialog');
  expect(dialog.textContent).toContain('to erase a patient, delete the version too');
  await user.click(within(dialog).getByText('Delete permanently'));
  await screen.findByText('now at /trainings');
  expect(remove).toHaveBeenCalledWith('training_1');
});

test('an unknown training is named as such', async () => {
  jest.spyOn(noRetryClient, 'getTraining').mockRejectedValue(problem(404));
  renderPage(<TrainingPage />, '/trainings/:id', '/trainings/training_9');
  const heading = await screen.findByRole('heading', { level: 1 });
  expect(heading.textContent).toBe('No such training');
});
