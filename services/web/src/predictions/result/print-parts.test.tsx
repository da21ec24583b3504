/** @jest-environment jsdom */
import { screen } from '@testing-library/dom';
import { act } from '@testing-library/react';
import { noRetryClient } from '../../api/clients';
import { formatDateTime } from '../../ui/format';
import { renderPage } from '../../page.test.fixtures';
import { pageFooterRule, PrintIdentity } from './print-parts';

afterEach(() => jest.restoreAllMocks());

test('the printed time is that of printing, not of the last change of the page', () => {
  jest.spyOn(noRetryClient, 'session').mockRejectedValue(new Error('not needed'));
  const now = jest.spyOn(Date.prototype, 'toISOString').mockReturnValue('2026-11-27T08:00:00Z');
  renderPage(<PrintIdentity reference="S24-0001" subject="record pred_1" />);
  screen.getByText(new RegExp(formatDateTime('2026-11-27T08:00:00Z')));
  now.mockReturnValue('2026-11-28T09:30:00Z');
  act(() => void window.dispatchEvent(new Event('beforeprint')));
  expect(screen.getByText(/printed/).textContent).toContain(formatDateTime('2026-11-28T09:30:00Z'));
});

test('a reference with quotes, braces or line ends cannot end the rule of the page footer', () => {
  expect(pageFooterRule('S"24\\ } \n Müller')).toContain('content:"S\\22 24\\5c  \\7d  \\a  M\\fc ller";');
});
