/** @jest-environment jsdom */
import { ConnectionError } from '@cytoqueue/client';
import { screen, waitFor } from '@testing-library/dom';
import { client, noRetryClient } from '../../api/clients';
import { preflightReport, problem, renderPage } from '../../page.test.fixtures';
import { UploadForm } from './upload-form';

const keys = () => upload.mock.calls.map(([, options]) => options?.idempotencyKey);
const alert = () => screen.getByRole('alert').textContent;
let upload: jest.SpyInstance<ReturnType<typeof client.uploadBatch>, Parameters<typeof client.uploadBatch>>;

beforeEach(() => {
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([]);
  jest.spyOn(noRetryClient, 'listImportProfiles').mockResolvedValue([]);
  jest.spyOn(client, 'preflight').mockResolvedValue(preflightReport({}));
  upload = jest.spyOn(client, 'uploadBatch');
});

afterEach(() => jest.restoreAllMocks());

test('a file whose response was lost may have been accepted, so it is sent again with the same key until the settings change', async () => {
  upload.mockRejectedValue(new ConnectionError('the answer broke off'));
  const user = renderPage(<UploadForm file={new File(['V1\n1'], 'a.csv')} selectionId="1" />);
  const send = async () => user.click(await screen.findByRole('button', { name: /^Score 1 row/ }));
  await send();
  await waitFor(() => expect(alert()).toMatch(/may have been accepted/));
  await send();
  await waitFor(() => expect(keys()).toHaveLength(2));
  expect(keys()[1]).toBe(keys()[0]);
  await user.selectOptions(screen.getByRole('combobox', { name: 'If a row is invalid', hidden: true }), 'abort');
  await send();
  await waitFor(() => expect(keys()).toHaveLength(3));
  expect(keys()[2]).not.toBe(keys()[0]);
});

test('the form says that a refused file is not stored', async () => {
  upload.mockRejectedValue(problem(413, { type: 'urn:cytoqueue:problem:quota-exceeded' }));
  const user = renderPage(<UploadForm file={new File(['V1\n1'], 'a.csv')} selectionId="1" />);
  await user.click(await screen.findByRole('button', { name: /^Score 1 row/ }));
  await waitFor(() => expect(alert()).toMatch(/was not accepted and not stored/));
});
