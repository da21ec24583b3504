/** @jest-environment jsdom */
import type { BatchRow, Session } from '@cytoqueue/client';
import { screen } from '@testing-library/dom';
import { Link } from 'react-router';
import { noRetryClient } from '../../api/clients';
import { GRADES_MODEL, finishedBatch, problem, renderPage } from '../../page.test.fixtures';
import { RowPage } from './row-page';

const NO_ITEMS = { data: [], has_more: false, last_id: null };

function scoredRow(id: string, row: number): BatchRow {
  return {
    row,
    line: row + 1,
    sample_id: `sample ${id}`,
    features: Object.fromEntries(GRADES_MODEL.features.map(({ name }) => [name, 1])),
    result: {
      predicted_class: 'benign',
      probability_malignant: 0.1,
      outcome: 'confident',
      reasons: [],
      missing_features: [],
    },
  };
}

function renderRows(address: string) {
  const page = (
    <>
      <Link to="/batches/a/rows/5">first</Link>
      <Link to="/batches/b/rows/5">second</Link>
      <RowPage />
    </>
  );
  return renderPage(page, '/batches/:id/rows/:row', address);
}

beforeEach(() => {
  jest.spyOn(noRetryClient, 'getBatch').mockImplementation((id) => Promise.resolve(finishedBatch(id)));
  jest.spyOn(noRetryClient, 'getRow').mockImplementation((id, row) => Promise.resolve(scoredRow(id, row)));
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue(GRADES_MODEL);
  jest.spyOn(noRetryClient, 'listReviews').mockResolvedValue(NO_ITEMS);
  jest.spyOn(noRetryClient, 'listRows').mockResolvedValue(NO_ITEMS);
});

afterEach(() => jest.restoreAllMocks());

test('a review that was begun for a row does not appear under the row of the same number of another batch', async () => {
  const user = renderRows('/batches/b/rows/5');
  await screen.findByText('sample b');
  await user.click(screen.getByText('first'));
  await screen.findByText('sample a');
  await user.click(screen.getByLabelText('Malignant'));
  // Both rows are cached by now, as after a step in the browser's history.
  await user.click(screen.getByText('second'));
  await screen.findByText('sample b');
  expect(screen.getByLabelText<HTMLInputElement>('Malignant').checked).toBe(false);
});

test('a model description that cannot be loaded is reported, and loaded by the next try', async () => {
  jest.spyOn(noRetryClient, 'getModelVersion').mockRejectedValueOnce(problem(500));
  const user = renderRows('/batches/a/rows/5');
  await user.click(await screen.findByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('sample a')).toBeTruthy();
});

test('a printed row names laboratory, file, batch and row, and has a line for the reviewer', async () => {
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({ tenant: 'clinic' } as Session);
  const print = jest.spyOn(window, 'print').mockImplementation();
  const user = renderRows('/batches/a/rows/5');
  await screen.findByText(/^clinic · a\.csv, a, row 5 · printed /);
  screen.getByText(/^Reviewed by ___/);
  await user.click(screen.getByRole('button', { name: 'Print' }));
  expect(print).toHaveBeenCalledTimes(1);
});

test('the values of a row without a result are printed, as no other part of the page has them', async () => {
  jest.spyOn(noRetryClient, 'getRow').mockResolvedValue({ ...scoredRow('a', 5), result: undefined });
  renderRows('/batches/a/rows/5');
  const values = await screen.findByRole('region', { name: 'Values in the file' });
  expect(values.classList.contains('no-print')).toBe(false);
});
