/** @jest-environment jsdom */
import { ConnectionError } from '@cytoqueue/client';
import { screen } from '@testing-library/dom';
import { problem, renderPage } from '../page.test.fixtures';
import { UploadErrorNotice } from './upload-error-notice';

const items = () => screen.getAllByRole('listitem').map(({ textContent }) => textContent);

test('each error is listed with its row and column, the column once', () => {
  const errors = [
    { row: 3, column: 'Mit', code: 'out-of-range', detail: '11 is too high' },
    { row: 0, code: 'missing-column', detail: 'no column for mitoses' },
    { row: 4, column: 'Mit', code: 'not-a-number', detail: 'Mit holds text' },
  ];
  renderPage(<UploadErrorNotice error={problem(422, { errors })} what="The file cannot be accepted." />);
  expect(items()).toEqual(['Row 3: Mit: 11 is too high', 'no column for mitoses', 'Row 4: Mit holds text']);
  expect(screen.getByRole('alert').textContent).toContain('The file cannot be accepted.');
});

test('of many errors twelve are listed and the others counted', () => {
  const errors = Array.from({ length: 20 }, (_, index) => ({
    row: index + 1,
    code: 'out-of-range',
    detail: 'too high',
  }));
  renderPage(<UploadErrorNotice error={problem(422, { errors, total_errors: 500 })} what="Refused." />);
  expect(items()).toHaveLength(13);
  expect(items().at(-1)).toBe('and 488 more');
});

test('only a retryable failure has a retry button', async () => {
  const retry = jest.fn();
  const user = renderPage(
    <>
      <UploadErrorNotice error={new ConnectionError()} what="Not sent." onRetry={retry} />
      <UploadErrorNotice error={problem(422)} what="Refused." onRetry={retry} />
    </>,
  );
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(retry).toHaveBeenCalledTimes(1);
});
