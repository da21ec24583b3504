/** @jest-environment jsdom */
import { ConnectionError } from '@cytoqueue/client';
import { screen } from '@testing-library/dom';
import { problem, renderPage } from '../page.test.fixtures';
import { ChangeErrorNotice, ErrorNotice } from './error-notice';

const text = () => screen.getByRole('alert').textContent;

test('a problem shows its detail and the request id to quote', () => {
  renderPage(
    <ErrorNotice
      error={problem(503, { detail: 'The queue is full.', request_id: 'req_7' })}
      what="The record was not accepted."
    />,
  );
  expect(text()).toBe('The record was not accepted. The queue is full.Request req_7');
});

test('a response without a detail shows its status', () => {
  renderPage(<ErrorNotice error={problem(502)} what="Not loaded." />);
  expect(text()).toBe('Not loaded. The service answered with status 502.');
});

test('a connection error has a retry button', async () => {
  const retry = jest.fn();
  const user = renderPage(<ErrorNotice error={new ConnectionError()} what="Not loaded." onRetry={retry} />);
  expect(text()).toContain('The service is not responding.');
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(retry).toHaveBeenCalledTimes(1);
});

test.each([
  ['a refused change was not made', problem(409, { detail: 'Newer settings exist.' }), 'Not saved.'],
  ['a change without a response may have been made', new ConnectionError(), 'It is not known whether this was done.'],
  ['a change that a proxy answered may have been made', problem(502), 'It is not known whether this was done.'],
])('%s', (_case, error, expected) => {
  renderPage(<ChangeErrorNotice error={error} what="Not saved." />);
  expect(text()?.startsWith(expected)).toBe(true);
});
