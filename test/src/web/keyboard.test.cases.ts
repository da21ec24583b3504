import type { Page } from 'playwright-core';
import { focused } from '../support/page-checks';
import { gradeField, gradeValues } from '../support/record-form';
import { WISCONSIN } from '../support/records';
import { waitUntil } from '../support/wait-until';
import type { WebApp } from '../support/web-app';

const MAX_TABS = 60;
const VALUES = ['5', '10', '1', '3', '1', '?', '4', '10', '2'];

/** Presses Tab until the focused element's name matches. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let tabs = 0; tabs < MAX_TABS; tabs++) {
    await page.keyboard.press('Tab');
    if (name.test(await focused(page))) return;
  }
  throw new Error(`no ${String(name)} within ${MAX_TABS} tabs; the last was ${await focused(page)}`);
}

/** Waits for a focus that the page moves later than it changes, as after a dialog. */
async function waitForFocus(page: Page, name: string): Promise<void> {
  await waitUntil(`${name} has the focus`, async () => (await focused(page)) === name);
}

/** Uses the app by keyboard only. */
export function describeKeyboard(newPeople: () => WebApp): void {
  test('signing in, entering a record, reading its result and returning work by keyboard', async () => {
    const app = newPeople();
    const { page } = await app.visit('/sign-in');
    await page.getByLabel('Access key').waitFor();
    await page.keyboard.type(app.keys.clinician);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'New record' }).waitFor();
    // The first grade has the focus on arrival.
    await gradeField(page, 'Clump thickness').waitFor();
    await page.keyboard.type('544343431');
    await waitForFocus(page, 'Get result');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Certainty' }).waitFor();
    await tabTo(page, /^Edit and re-run$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'New record' }).waitFor();
    await gradeField(page, 'Mitoses').waitFor();
    expect((await gradeValues(page)).at(-1)).toBe('1');
  });

  test('a required text that is missing is asked for below its field, which gets the focus, until something is typed', async () => {
    const { page } = await newPeople().visit('/sign-in');
    const key = page.getByLabel('Access key');
    await key.waitFor();
    await tabTo(page, /^Sign in$/);
    await page.keyboard.press('Enter');
    await page.locator('[aria-invalid="true"]').waitFor();
    await waitForFocus(page, 'Access key');
    const request = await key.evaluate(
      (input) => (input as unknown as { validationMessage: string }).validationMessage,
    );
    await page.getByText(request).waitFor();
    await page.keyboard.type('c');
    await page.getByText(request).waitFor({ state: 'hidden' });
    expect(await key.getAttribute('aria-invalid')).toBeNull();
  });

  test('the first tab stop of a page skips the navigation', async () => {
    const { page } = await newPeople().visit('/batches/new', 'clinician');
    await page.getByRole('heading', { name: 'Upload a file' }).waitFor();
    await page.keyboard.press('Tab');
    await waitForFocus(page, 'Skip to content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await waitForFocus(page, 'Batches');
  });

  test('no key pressed after a value skips a field', async () => {
    const { page } = await newPeople().visit('/predictions/new', 'clinician');
    await gradeField(page, 'Clump thickness').focus();
    const [last = '', ...others] = VALUES.toReversed();
    for (const key of ['Enter', 'Tab', 'ArrowDown', ' ', ',']) {
      for (const value of others.toReversed()) {
        await page.keyboard.type(value);
        await page.keyboard.press(key);
      }
      // After the last value the button has the focus, so a key may send the record.
      await page.keyboard.type(last);
      expect([key, ...(await gradeValues(page))]).toEqual([key, ...VALUES]);
      await page.getByRole('button', { name: 'Clear record' }).click();
    }
  });

  test('a file is chosen, scored and deleted by keyboard alone', async () => {
    const app = newPeople();
    const { page } = await app.visit('/batches', 'clinician');
    await page.getByRole('heading', { name: 'Batches' }).waitFor();
    await tabTo(page, /^Upload a file$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Upload a file' }).waitFor();
    // Before the tabs: the browser could otherwise handle the key before it knows that the chooser is to be reported.
    const chooser = page.waitForEvent('filechooser');
    await tabTo(page, /^Choose a file$/);
    await page.keyboard.down('Enter');
    // While the key is still down: a busy page may see its release too late to be allowed to open a chooser.
    await chooser;
    await page.keyboard.up('Enter');
    await (await chooser).setFiles({ name: 'records.csv', mimeType: 'text/csv', buffer: WISCONSIN });
    await page.getByRole('button', { name: 'Score 699 rows' }).waitFor();
    await tabTo(page, /^Score 699 rows$/);
    await page.keyboard.press('Enter');
    await page.getByRole('group', { name: 'Result rows' }).waitFor();
    await tabTo(page, /^Delete$/);
    await page.keyboard.press('Enter');
    await page.getByRole('alertdialog').waitFor();
    await waitForFocus(page, 'Go back');
    await page.keyboard.press('Escape');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await waitForFocus(page, 'Delete');
    await page.keyboard.press('Enter');
    await tabTo(page, /^Delete permanently$/);
    await page.keyboard.press('Enter');
    await page.getByText('No file has been uploaded yet').waitFor();
  });
}
