/** @jest-environment jsdom */
import type { Session } from '@cytoqueue/client';
import { screen } from '@testing-library/dom';
import { noRetryClient } from '../../api/clients';
import { renderPage } from '../../page.test.fixtures';
import { NewPredictionPage } from './new-prediction-page';

afterEach(() => jest.restoreAllMocks());

test('a model setting that cannot be read is named as the cause, not a failure of the page', async () => {
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({} as Session);
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([]);
  renderPage(<NewPredictionPage />);
  const notice = await screen.findByRole('alert');
  expect(notice.textContent).toContain('Your laboratory’s model setting could not be read.');
  expect(notice.textContent).not.toContain('This page failed');
});
