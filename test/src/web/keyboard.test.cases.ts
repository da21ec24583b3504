import type { Page } from 'playwright-core';
import { focused } from '../support/page-checks';
import { gradeField, gradeValues } from '../support/record-form';
import { WISCONSIN } from '../support/records';
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
    expect(await focused(page)).toBe('Get result');
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
    expect(await focused(page)).toBe('Access key');
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
    expect(await focused(page)).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Batches');
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
    await tabTo(page, /^Choose a file$/);
    // While the key is still down: a busy page may see its release too late to be allowed to open a chooser.
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.down('Enter')]);
    await page.keyboard.up('Enter');
    await chooser.setFiles({ name: 'records.csv', mimeType: 'text/csv', buffer: WISCONSIN });
    await page.getByRole('button', { name: 'Score 699 rows' }).waitFor();
    await tabTo(page, /^Score 699 rows$/);
    await page.keyboard.press('Enter');
    await page.getByRole('group', { name: 'Result rows' }).waitFor();
    await tabTo(page, /^Delete$/);
    await page.keyboard.press('Enter');
    await page.getByRole('alertdialog').waitFor();
    expect(await focused(page)).toBe('Go back');
    await page.keyboard.press('Escape');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    expect(await focused(page)).toBe('Delete');
    await page.keyboard.press('Enter');
    await tabTo(page, /^Delete permanently$/);
    await page.keyboard.press('Enter');
    await page.getByText('No file has been uploaded yet').waitFor();
  });
}
