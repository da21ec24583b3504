/** @jest-environment jsdom */
import { screen } from '@testing-library/dom';
import { noRetryClient } from '../api/clients';
import { renderPage } from '../page.test.fixtures';
import { WorklistPage } from './worklist-page';

afterEach(() => jest.restoreAllMocks());

test('an empty page with more behind it is followed by the next one', async () => {
  const worklist = jest
    .spyOn(noRetryClient, 'worklist')
    .mockResolvedValueOnce({ data: [], has_more: true, last_id: 'item_1' })
    .mockResolvedValue({ data: [], has_more: false, last_id: null });
  renderPage(<WorklistPage />);
  await screen.findByText('Nothing waits for a review.');
  expect(worklist.mock.calls.map(([query]) => query?.after)).toEqual([undefined, 'item_1']);
});
