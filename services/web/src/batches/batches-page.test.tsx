/** @jest-environment jsdom */
import { screen } from '@testing-library/dom';
import { noRetryClient } from '../api/clients';
import { finishedBatch, renderPage } from '../page.test.fixtures';
import { BatchesPage } from './batches-page';

afterEach(() => jest.restoreAllMocks());

test('the list counts undecided rows apart from the classes, so that its numbers add up as on the page of a batch', async () => {
  const summary = { indeterminate: 3, missing_features: 0, classes: { benign: 6, malignant: 4 } };
  const data = [
    finishedBatch('a', { summary: { ...summary, confident: { benign: 5, malignant: 2 } } }),
    finishedBatch('earlier', { summary }),
  ];
  jest.spyOn(noRetryClient, 'listBatches').mockResolvedValue({ data, has_more: false, last_id: null });
  renderPage(<BatchesPage />);
  await screen.findByText('5 benign, 2 malignant, 3 undecided');
  expect(screen.getByText('7 confident, 3 undecided')).toBeTruthy();
});
