/** @jest-environment jsdom */
import { screen } from '@testing-library/dom';
import { useState } from 'react';
import { client, noRetryClient } from '../../api/clients';
import { preflightReport, renderPage } from '../../page.test.fixtures';
import { UploadPage } from './upload-page';

afterEach(() => jest.restoreAllMocks());

function Visits() {
  const [isOpen, setIsOpen] = useState(true);
  return (
    <>
      <button type="button" onClick={() => setIsOpen(!isOpen)}>
        visit or leave
      </button>
      {isOpen && <UploadPage />}
    </>
  );
}

test('a file chosen in a second visit is checked, although the first of an earlier visit still has a cached report', async () => {
  jest.spyOn(noRetryClient, 'session').mockRejectedValue(new Error('not needed'));
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([]);
  jest.spyOn(noRetryClient, 'listImportProfiles').mockResolvedValue([]);
  jest.spyOn(client, 'preflight').mockImplementation((_, options) =>
    Promise.resolve(
      preflightReport({
        rows: {
          total: 9,
          valid: options?.filename === 'first.csv' ? 7 : 9,
          rejected: 0,
          with_missing_features: 0,
          repeated: 0,
        },
      }),
    ),
  );
  const user = renderPage(<Visits />);
  const choose = async (name: string) =>
    user.upload(document.querySelector('input[type=file]') as HTMLInputElement, new File(['V1\n1'], name));
  await choose('first.csv');
  await screen.findByText('Score 7 rows');
  await user.click(screen.getByText('visit or leave'));
  await user.click(screen.getByText('visit or leave'));
  await choose('second.csv');
  expect(await screen.findByText('Score 9 rows')).not.toBeNull();
});
