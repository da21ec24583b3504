/** @jest-environment jsdom */
import type { ApiKey } from '@cytoqueue/client';
import { screen, waitFor, within } from '@testing-library/dom';
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

test('a request that is changed after a lost response is a new one', async () => {
  const create = jest.spyOn(client, 'createKey').mockRejectedValue(problem(503));
  const user = renderPage(<ApiKeysPage />);
  const submit = await screen.findByText('Create key');
  await user.type(screen.getByLabelText('Your own API key'), 'cq_own');
  await user.click(submit);
  await screen.findByRole('alert');
  await user.click(submit);
  await waitFor(() => expect(create).toHaveBeenCalledTimes(2));
  await screen.findByRole('alert');
  await user.type(screen.getByLabelText('Name (optional)'), 'r');
  expect(screen.queryByRole('alert')).toBeNull();
  await user.click(submit);
  await waitFor(() => expect(create).toHaveBeenCalledTimes(3));
  const [first, second, third] = create.mock.calls.map(([, options]) => options?.idempotencyKey);
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

test('where the browser denies the clipboard, the page says how to copy the new key', async () => {
  jest.spyOn(client, 'createKey').mockResolvedValue({ ...KEY, id: 'reader-2', key: 'cq_secret' });
  const user = renderPage(<ApiKeysPage />);
  jest.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('denied'));
  await user.type(await screen.findByLabelText('Your own API key'), 'cq_own');
  await user.click(screen.getByText('Create key'));
  await user.click(await screen.findByText('Copy key'));
  expect(await screen.findByText(/Select the key above and copy it/)).not.toBeNull();
});

test('the own key typed into a dialog that is closed without deleting is not kept', async () => {
  const user = renderPage(<ApiKeysPage />);
  const row = await screen.findByRole('row', { name: /^reader-1/ });
  const open = async () => {
    await user.click(within(row).getByRole('button', { name: 'Delete' }));
    return within(await screen.findByRole('alertdialog')).getByLabelText<HTMLInputElement>('Your own API key');
  };
  await user.type(await open(), 'cq_own');
  await user.click(screen.getByText('Go back'));
  expect((await open()).value).toBe('');
});
