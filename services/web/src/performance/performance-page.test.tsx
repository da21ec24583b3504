/** @jest-environment jsdom */
import type { PerformanceEntry, Session } from '@cytoqueue/client';
import { screen, waitFor } from '@testing-library/dom';
import { client, noRetryClient } from '../api/clients';
import { GRADES_MODEL, problem, renderPage } from '../page.test.fixtures';
import { PerformancePage } from './performance-page';

const ENTRY: PerformanceEntry = {
  model: 'wbc-knn@1.1.0',
  operating_point: 'default',
  outcome: 'all',
  predicted: 1_000,
  confirmed: 100,
  true_positive: 88,
  false_negative: 10,
  true_negative: 2,
  false_positive: 0,
  sensitivity: { value: 0.898, low: 0.822, high: 0.944 },
  specificity: null,
  brier: null,
  calibration: [],
};

beforeEach(() => {
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({
    defaults: { model: 'own/thyroid@1', operating_point: 'default' },
  } as Session);
  jest
    .spyOn(noRetryClient, 'getModelVersion')
    .mockResolvedValue({ ...GRADES_MODEL, name: 'own/thyroid', version: '1', labels: ['well', 'ill'] });
  jest.spyOn(noRetryClient, 'drift').mockResolvedValue({
    data: [
      { week: '2026-W46', model: 'wbc-knn@1.1.0', records: 24, verdict: 'too_few_rows', columns: [] },
      {
        week: '2026-W47',
        model: 'wbc-knn@1.1.0',
        records: 1_304,
        verdict: 'differs',
        columns: [{ column: 'bland_chromatin', effect_size: 0.61 }],
      },
    ],
    histograms: {},
  });
  jest.spyOn(noRetryClient, 'listConfirmations').mockResolvedValue({ data: [], has_more: false, last_id: null });
  jest.spyOn(noRetryClient, 'getModelEvaluation').mockResolvedValue({
    cv: {},
    cv_intervals: { sensitivity: [0.958, 0.994] },
    repetitions: 1,
    reliability: [],
  });
});

afterEach(() => jest.restoreAllMocks());

test('figures, an alarm below the sensitivity in testing, and drift by week are shown', async () => {
  jest.spyOn(noRetryClient, 'performance').mockResolvedValue({
    updated_at: '2026-11-27T08:00:00Z',
    data: [ENTRY],
    notes: [{ code: 'verification_bias', text: 'Not every result is followed up.' }],
  });
  renderPage(<PerformancePage />);
  const row = await screen.findByRole('row', { name: /^All results/ });
  expect(row.textContent).toContain('89.8\u00a0% (82.2\u00a0% to 94.4\u00a0%) 88 of 98');
  await screen.findByText('Sensitivity is below that in testing.');
  screen.getByText('Not every result is followed up.');
  const weeks = screen.getAllByRole('row', { name: /^2026-W/ }).map(({ textContent }) => textContent);
  expect(weeks).toEqual([expect.stringContaining('Bland chromatin 0.61'), expect.stringContaining('too few records')]);
});

test('a diagnosis is added for the row whose address is given, and a refusal says why', async () => {
  jest.spyOn(noRetryClient, 'performance').mockResolvedValue({ updated_at: null, data: [], notes: [] });
  const confirm = jest.spyOn(client, 'confirm').mockRejectedValue(problem(404, { detail: 'There is no such row.' }));
  const user = renderPage(<PerformancePage />);
  await screen.findByText('No diagnosis confirmed yet');
  await user.type(screen.getByLabelText(/^Address or id/), 'https://host/batches/batch_1/rows/17');
  await user.selectOptions(screen.getByLabelText('Confirmed diagnosis'), 'malignant');
  await user.click(screen.getByText('Add diagnosis'));
  await waitFor(() =>
    expect(confirm).toHaveBeenCalledWith(
      { batch_id: 'batch_1', row: 17, confirmed_class: 'malignant' },
      expect.anything(),
    ),
  );
  await screen.findByText(/There is no such row\./);
});

test('a diagnosis of the laboratory’s own model can be chosen, and its classes are named', async () => {
  const calibration = [{ from: 0.9, to: 1, count: 3, mean_probability: 0.95, observed: ENTRY.sensitivity }];
  jest
    .spyOn(noRetryClient, 'performance')
    .mockResolvedValue({ updated_at: null, data: [{ ...ENTRY, model: 'own/thyroid@1', calibration }], notes: [] });
  renderPage(<PerformancePage />);
  await screen.findByText('Observed ill');
  expect(await screen.findByRole('option', { name: 'ill' })).toBeTruthy();
});
