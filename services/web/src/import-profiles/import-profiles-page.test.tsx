/** @jest-environment jsdom */
import { screen, waitFor } from '@testing-library/dom';
import { client, noRetryClient } from '../api/clients';
import { renderPage } from '../page.test.fixtures';
import { ImportProfilesPage } from './import-profiles-page';

afterEach(() => jest.restoreAllMocks());

test('a profile is listed with its content and deleted after a question', async () => {
  const profile = {
    name: 'lab-b',
    columns: { clump_thickness: 'Dicke' },
    decimal: ',' as const,
    missing: ['k.A.', '-9'],
  };
  jest.spyOn(noRetryClient, 'listImportProfiles').mockResolvedValueOnce([profile]).mockResolvedValue([]);
  const remove = jest.spyOn(client, 'deleteImportProfile').mockResolvedValue();
  const user = renderPage(<ImportProfilesPage />);
  await screen.findByText('clump thickness: Dicke');
  screen.getByText('not measured: k.A., -9');
  await user.click(screen.getByRole('button', { name: 'Delete' }));
  expect(remove).not.toHaveBeenCalled();
  await user.click(await screen.findByText('Delete profile'));
  await waitFor(() => expect(remove).toHaveBeenCalledWith('lab-b'));
  await screen.findByText(/^No profile has been saved yet/);
});
