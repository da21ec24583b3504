/** @jest-environment jsdom */
import { screen } from '@testing-library/dom';
import { renderPage } from '../page.test.fixtures';
import { ConfirmButton } from './confirm-button';

function renderButton() {
  const confirm = jest.fn();
  const user = renderPage(
    <ConfirmButton label="Delete" title="Delete this batch?" confirm="Delete permanently" onConfirm={confirm}>
      <p>This cannot be undone.</p>
    </ConfirmButton>,
  );
  return { user, confirm };
}

test('the action runs once it is confirmed in the dialog, and the dialog closes', async () => {
  const { user, confirm } = renderButton();
  await user.click(screen.getByRole('button', { name: 'Delete' }));
  expect(screen.getByRole('alertdialog', { name: 'Delete this batch?' }).textContent).toContain(
    'This cannot be undone.',
  );
  expect(confirm).not.toHaveBeenCalled();
  await user.click(screen.getByRole('button', { name: 'Delete permanently' }));
  expect(confirm).toHaveBeenCalledTimes(1);
  expect(screen.queryByRole('alertdialog')).toBeNull();
});

test.each(['{Enter}', '{Escape}'])('the dialog focuses "Go back" first, and %s changes nothing', async (key) => {
  const { user, confirm } = renderButton();
  await user.click(screen.getByRole('button', { name: 'Delete' }));
  expect(document.activeElement?.textContent).toBe('Go back');
  await user.keyboard(key);
  expect(screen.queryByRole('alertdialog')).toBeNull();
  expect(confirm).not.toHaveBeenCalled();
});
