/** @jest-environment jsdom */
import type { ApiKey } from '@cytoqueue/client';
import { screen, within } from '@testing-library/dom';
import { client, noRetryClient } from '../api/clients';
import { problem, renderPage } from '../page.test.fixtures';
import { ApiKeysPage } from './api-keys-page';

const KEY: ApiKey = {
  id: 'reader-1',
  role: 'member',
  created_at: '2026-11-01T08:00:00Z',
  expires_at: null,
  last_used_day: '2026-11-27',
  source: 'api',
};

beforeEach(() => {
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({
    tenant: 'a',
    role: 'admin',
    platform: false,
    key_id: 'chief',
    expires_at: null,
  });
  jest
    .spyOn(noRetryClient, 'listKeys')
    .mockResolvedValue([KEY, { ...KEY, id: 'chief', role: 'admin', source: 'file' }]);
});

afterEach(() => jest.restoreAllMocks());

test('a new key is shown once, after the own key was asked for', async () => {
  const create = jest
    .spyOn(client, 'createKey')
    .mockRejectedValueOnce(problem(403, { type: 'urn:cytoqueue:problem:reauthentication-required' }));
  create.mockResolvedValue({ ...KEY, id: 'reader-2', key: 'cq_secret' });
  const user = renderPage(<ApiKeysPage />);
  const submit = await screen.findByText('Create key');
  await user.type(screen.getByLabelText('Name (optional)'), 'reader-2');
  await user.type(screen.getByLabelText('Your own API key'), 'cq_wrong');
  await user.click(submit);
  await screen.findByText('Your own key was not recognised; nothing was changed.');
  await user.click(submit);
  await screen.findByText('cq_secret');
  expect(create).toHaveBeenLastCalledWith(
    { id: 'reader-2', role: 'member', currentKey: 'cq_wrong' },
    { idempotencyKey: expect.any(String) },
  );
  await user.click(screen.getByText('Hide'));
  expect(screen.queryByText('cq_secret')).toBeNull();
});

test('a key is deleted only with the own key, and keys of the keys file cannot be deleted', async () => {
  const remove = jest.spyOn(client, 'deleteKey').mockResolvedValue();
  const user = renderPage(<ApiKeysPage />);
  const row = await screen.findByRole('row', { name: /^reader-1/ });
  expect(within(screen.getByRole('row', { name: /^chief/ })).queryByText('Delete')).toBeNull();
  await user.click(within(row).getByRole('button', { name: 'Delete' }));
  const dialog = await screen.findByRole('alertdialog');
  await user.click(within(dialog).getByText('Delete key'));
  expect(remove).not.toHaveBeenCalled();
  await user.type(within(dialog).getByLabelText('Your own API key'), 'cq_own');
  await user.click(within(dialog).getByText('Delete key'));
  expect(remove).toHaveBeenCalledWith('reader-1', { currentKey: 'cq_own' });
});
