import type { Page } from 'playwright-core';
import { axeViolations, isTooWide } from '../support/page-checks';
import { thyroidCsv, thyroidRows } from '../support/third-schema';
import type { WebApp } from '../support/web-app';

/** Fills in everything that the file does not say. */
async function describeFile(page: Page): Promise<void> {
  const buffer = Buffer.from(thyroidCsv(thyroidRows()));
  await page.locator('input[type=file]').setInputFiles({ name: 'thyroid.csv', mimeType: 'text/csv', buffer });
  await page.getByLabel('Name of the model').fill('thyroid');
  await page.getByLabel('Features of the file').selectOption('Own features');
  await page.getByLabel('Column with the known diagnosis').selectOption('Verlauf');
  await page.getByLabel('Column that identifies the patient').selectOption('Fallnummer');
  await page.getByLabel('Name of class “1”').fill('relapsed');
  await page.getByLabel('Name of class “0”').fill('euthyroid');
  await page.getByLabel('relapsed', { exact: true }).check();
}

/** Own models, from the labelled file to the version. */
export function describeTrainingPages(newPeople: () => WebApp): void {
  test('the form of a file with own features fits a narrow window and is accessible', async () => {
    const options = { viewport: { width: 320, height: 640 } };
    const { page, complaints } = await newPeople().visit('/trainings/new', 'admin', options);
    await describeFile(page);
    await page.getByText('More options').click();
    await page.getByLabel('Seed (optional)').fill('7');
    expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(7);
    expect(await page.getByRole('button', { name: 'Start the training' }).isEnabled()).toBe(true);
    expect(await isTooWide(page)).toBe(false);
    expect(await axeViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('only administrators can open the trainings', async () => {
    const app = newPeople();
    const { page } = await app.visit('/trainings', 'clinician');
    await page.getByRole('heading', { name: 'You do not have access to this page' }).waitFor();
    expect(await page.getByRole('link', { name: 'Trainings' }).count()).toBe(0);
  });

  test('an admin trains a model on a file, reads its figures and card, makes it current, and deletes the file', async () => {
    const app = newPeople();
    const { page, complaints } = await app.visit('/', 'admin');
    await page.getByRole('link', { name: 'Trainings' }).click();
    await page.getByRole('link', { name: 'Train a model' }).click();
    await describeFile(page);
    await page.getByRole('button', { name: 'Start the training' }).click();
    await page.getByText('of relapsed cases classified as relapsed; 95').waitFor();
    await page.getByRole('region', { name: 'Model card' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('link', { name: 'Models', exact: true }).last().click();
    await page.getByRole('button', { name: 'Make 1 current' }).click();
    await page.getByRole('alertdialog').getByText('Make current').click();
    await page.getByRole('button', { name: 'Make 1 current' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Trainings' }).click();
    await page.getByRole('link', { name: 'own/thyroid', exact: true }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('alertdialog').getByText('Delete permanently').click();
    await page.getByText('No model has been trained yet').waitFor();
    await page.goto(`${app.url}/models/own/thyroid/1`);
    await page.getByRole('button', { name: 'Delete this version' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });
}
