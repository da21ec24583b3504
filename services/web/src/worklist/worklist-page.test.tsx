/** @jest-environment jsdom */
import { screen } from '@testing-library/dom';
import { noRetryClient } from '../api/clients';
import { renderPage } from '../page.test.fixtures';
import { WorklistPage } from './worklist-page';

afterEach(() => jest.restoreAllMocks());

test('a row names its file, which leads to its batch', async () => {
  const row = {
    id: 'batch_1.17',
    batch_id: 'batch_1',
    row: 17,
    filename: 'week-47.csv',
    sample_id: 'S-17',
    outcome: 'indeterminate' as const,
    reasons: ['grey_zone'],
    probability: 0.4,
    created_at: '2026-11-27T09:14:14Z',
  };
  jest.spyOn(noRetryClient, 'worklist').mockResolvedValue({ data: [row], has_more: false, last_id: row.id });
  renderPage(<WorklistPage />);
  const file = await screen.findByRole('link', { name: 'week-47.csv' });
  expect(file.getAttribute('href')).toBe('/batches/batch_1');
  expect(file.closest('td')?.textContent).toBe('week-47.csv row 17');
});

test('an empty page with more behind it is followed by the next one', async () => {
  const worklist = jest
    .spyOn(noRetryClient, 'worklist')
    .mockResolvedValueOnce({ data: [], has_more: true, last_id: 'item_1' })
    .mockResolvedValue({ data: [], has_more: false, last_id: null });
  renderPage(<WorklistPage />);
  await screen.findByText('Nothing waits for a review.');
  expect(worklist.mock.calls.map(([query]) => query?.after)).toEqual([undefined, 'item_1']);
});
