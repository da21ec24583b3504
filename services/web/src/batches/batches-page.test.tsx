/** @jest-environment jsdom */
import { screen } from '@testing-library/dom';
import { noRetryClient } from '../api/clients';
import { finishedBatch, renderPage } from '../page.test.fixtures';
import { requestFirstData } from '../api/first-data';
import { createQueryClient } from '../api/query-client';
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

test('the page does not ask again for the batches that were requested before its script came', async () => {
  jest.spyOn(Date, 'now').mockReturnValue(Date.now());
  const session = { tenant: 'clinic', key_id: 'key', expires_at: null, role: 'member', platform: false } as const;
  const defaults = { model: 'wbc-knn@1.0.0', operating_point: 'default' } as const;
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({ ...session, defaults });
  const list = jest.spyOn(noRetryClient, 'listBatches');
  list.mockResolvedValue({ data: [finishedBatch('a')], has_more: false, last_id: null });
  const queryClient = createQueryClient();
  await requestFirstData(queryClient, '/batches');
  renderPage(<BatchesPage />, '/', '/', queryClient);
  await screen.findByText('a.csv');
  expect(list).toHaveBeenCalledTimes(1);
});
