/** @jest-environment jsdom */
import { ConnectionError } from '@cytoqueue/client';
import { screen } from '@testing-library/dom';
import { client, noRetryClient } from '../api/clients';
import { problem, renderPage } from '../page.test.fixtures';
import { SignInPage } from './sign-in-page';

const key = () => screen.getByLabelText<HTMLInputElement>('Access key');

let signIn: jest.SpyInstance<ReturnType<typeof client.signIn>, Parameters<typeof client.signIn>>;

beforeEach(() => {
  jest.spyOn(noRetryClient, 'session').mockRejectedValue(problem(401));
  signIn = jest.spyOn(client, 'signIn').mockRejectedValue(problem(401, { detail: 'unknown key' }));
});

afterEach(() => jest.restoreAllMocks());

test('an empty key is not sent', async () => {
  const user = renderPage(<SignInPage />);
  await user.type(key(), '   {Enter}');
  expect(signIn).not.toHaveBeenCalled();
});

test('a key is sent without the spaces around it, and once however often Enter is pressed', async () => {
  const user = renderPage(<SignInPage />);
  signIn.mockReturnValue(new Promise(() => undefined));
  await user.type(key(), ' cq_1 {Enter}{Enter}');
  expect(signIn.mock.calls).toEqual([[{ api_key: 'cq_1' }]]);
});

test('an unknown key and an unresponsive service give different errors', async () => {
  const user = renderPage(<SignInPage />);
  await user.type(key(), 'cq_1{Enter}');
  expect((await screen.findByRole('alert')).textContent).toContain('Key not recognised');
  signIn.mockRejectedValue(new ConnectionError());
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  await screen.findByText('The service is not responding.');
});

test('the token of a link is used at once and removed from the address; a used token leads to the key form', async () => {
  window.history.replaceState(null, '', '/sign-in#token=once');
  renderPage(<SignInPage />);
  expect((await screen.findByRole('alert')).textContent).toContain('This link was already used');
  expect(signIn.mock.calls).toEqual([[{ token: 'once' }]]);
  expect(window.location.href).not.toContain('once');
});
