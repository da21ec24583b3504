/** @jest-environment jsdom */
import type { Batch } from '@cytoqueue/client';
import { screen, waitFor, within } from '@testing-library/dom';
import { Link } from 'react-router';
import { client, noRetryClient } from '../../api/clients';
import { GRADES_MODEL, finishedBatch, problem, renderPage } from '../../page.test.fixtures';
import { BatchPage } from './batch-page';

const NO_ITEMS = { data: [], has_more: false, last_id: null };

/** The page of the first batch, with the second one cached, as after a step in the browser's history. */
async function renderFirst(changes: Partial<Batch> = {}) {
  jest.spyOn(noRetryClient, 'getBatch').mockImplementation((id) => Promise.resolve(finishedBatch(id, changes)));
  const page = (
    <>
      <Link to="/batches/a">first</Link>
      <Link to="/batches/b">second</Link>
      <BatchPage />
    </>
  );
  const user = renderPage(page, '/batches/:id', '/batches/b');
  await screen.findByRole('heading', { name: 'b.csv' });
  await user.click(screen.getByText('first'));
  await screen.findByRole('heading', { name: 'a.csv' });
  const openSecond = async (): Promise<void> => {
    await user.click(screen.getByText('second'));
    await screen.findByRole('heading', { name: 'b.csv' });
  };
  return { user, openSecond };
}

beforeEach(() => {
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([]);
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue(GRADES_MODEL);
  jest.spyOn(noRetryClient, 'listRows').mockResolvedValue(NO_ITEMS);
  jest.spyOn(noRetryClient, 'searchRows').mockResolvedValue(NO_ITEMS);
  jest.spyOn(noRetryClient, 'download').mockRejectedValue(new Error('not expected'));
});

afterEach(() => jest.restoreAllMocks());

test('the filter, the search and the threshold that were chosen for one batch do not apply to the next one', async () => {
  const { user, openSecond } = await renderFirst();
  const threshold = () => screen.getByLabelText<HTMLSelectElement>('Threshold for malignant');
  await user.click(screen.getByLabelText('All rows'));
  await user.type(screen.getByLabelText('Reference begins with'), 'P-1{Enter}');
  await user.selectOptions(threshold(), 'sensitivity99');
  await openSecond();
  expect(screen.getByLabelText<HTMLInputElement>('Undecided').checked).toBe(true);
  expect(screen.getByLabelText<HTMLInputElement>('Reference begins with').value).toBe('');
  expect(threshold().value).toBe('default');
});

test('a search in a file without references says so, and the rows come back when it is emptied', async () => {
  const { user } = await renderFirst();
  jest.spyOn(noRetryClient, 'searchRows').mockRejectedValue(problem(422));
  const search = screen.getByLabelText('Reference begins with');
  await user.type(search, 'F26{Enter}');
  await screen.findByText(/No column of this file was read as the reference/);
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
  await user.clear(search);
  await user.type(search, '{Enter}');
  await screen.findByText('No row.');
});

test('a retry that is answered while another batch is open does not replace that batch', async () => {
  const counts = { total: 10, pending: 0, succeeded: 9, rejected: 0, failed: 1 };
  let answer: (batch: Batch) => void = () => undefined;
  const retry = jest.spyOn(client, 'retryBatch').mockReturnValue(new Promise((resolve) => (answer = resolve)));
  const { user, openSecond } = await renderFirst({ status: 'completed_with_errors', counts });
  await user.click(screen.getByRole('button', { name: 'Score remaining rows' }));
  await waitFor(() => expect(retry).toHaveBeenCalledWith('a'));
  await openSecond();
  answer(finishedBatch('a'));
  await user.click(screen.getByText('first'));
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Score remaining rows' })).toBeNull());
  await openSecond();
  expect(screen.getByRole('button', { name: 'Score remaining rows' })).toBeTruthy();
});

test('of a failed batch, the rows that were not scored can be downloaded, and no results', async () => {
  const counts = { total: 10, pending: 0, succeeded: 0, rejected: 10, failed: 0 };
  await renderFirst({ status: 'failed', counts });
  expect(screen.getByRole('link', { name: 'Rows that were not scored as CSV' })).toBeTruthy();
  expect(screen.queryByRole('link', { name: 'Results as CSV' })).toBeNull();
});

const HISTOGRAM = [1_200, 300, 0, 0, 0, 100, 0, 0, 0, 400];
const SUMMARY = finishedBatch('a').summary;
const CHART_TITLE = 'Distribution of the probability of malignancy';

test('the scored rows are shown by probability, each bar with its number and share', async () => {
  await renderFirst({ summary: { ...SUMMARY, probability_histogram: HISTOGRAM } });
  expect(screen.getByRole('heading', { name: CHART_TITLE })).toBeTruthy();
  const table = screen.getByRole('table', {
    name: /^2,000 scored rows by the estimated probability of malignancy/,
  });
  const rows = within(table).getAllByRole('row').slice(1);
  expect(rows).toHaveLength(10);
  expect(rows[0]?.textContent).toBe('0–10\u00a0%1,20060\u00a0%');
  expect(rows[9]?.textContent).toBe('90–100\u00a0%40020\u00a0%');
  const widths = Array.from(table.querySelectorAll<HTMLElement>('.bar-fill'), ({ style }) => style.inlineSize);
  expect([widths[0], widths[1], widths[2]]).toEqual(['100%', '25%', '0%']);
});

test.each([
  ['was scored by an earlier release in part', undefined],
  ['has no scored row', Array<number>(10).fill(0)],
])('a batch that %s has no chart of probabilities', async (_, probability_histogram) => {
  await renderFirst({ summary: { ...SUMMARY, ...(probability_histogram && { probability_histogram }) } });
  expect(screen.queryByRole('heading', { name: CHART_TITLE })).toBeNull();
});

test('a batch of a model with other classes has their names in summary, filters and agreement', async () => {
  const labels = ['well', 'ill'];
  const listRows = jest.spyOn(noRetryClient, 'listRows');
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue({ ...GRADES_MODEL, labels });
  const matrix = { true_positive: 3, false_negative: 1, true_negative: 5, false_positive: 0 };
  const { user } = await renderFirst({
    summary: {
      indeterminate: 1,
      missing_features: 0,
      classes: { well: 6, ill: 4 },
      confident: { well: 6, ill: 3 },
      probability_histogram: HISTOGRAM,
    },
    agreement: { column: 'diagnosis', ...matrix, confident: matrix },
  });
  expect((await screen.findByRole('row', { name: /^Likely ill 3 / })).textContent).toContain('30');
  screen.getByText('the model favours ill in 1 of them');
  screen.getByRole('heading', { name: 'Distribution of the probability of “ill”' });
  expect(screen.getByRole('row', { name: 'ill contradicts 1 0 3 4' })).toBeTruthy();
  expect(screen.getByRole('row', { name: 'well 5 0 0 5' })).toBeTruthy();
  await user.click(screen.getByLabelText('Unusual'));
  await waitFor(() =>
    expect(listRows).toHaveBeenCalledWith('a', expect.objectContaining({ reason: 'unusual_record' })),
  );
  await user.click(screen.getByLabelText('Likely ill'));
  await waitFor(() =>
    expect(listRows).toHaveBeenCalledWith(
      'a',
      expect.objectContaining({ outcome: 'confident', predicted_class: 'ill' }),
    ),
  );
});
