import type { Page } from 'playwright-core';
import { axeViolations } from '../support/page-checks';
import { whilePaused } from '../support/paused-workers';
import { gradeField as field, gradeValues } from '../support/record-form';
import type { WebApp } from '../support/web-app';

const REFERENCE = 'Frau Müller 7/26';
const MALIGNANT_RECORD = {
  clump_thickness: 8,
  uniformity_of_cell_size: 10,
  uniformity_of_cell_shape: 10,
  marginal_adhesion: 8,
  single_epithelial_cell_size: 7,
  bare_nuclei: 10,
  bland_chromatin: 9,
  normal_nucleoli: 7,
  mitoses: 1,
};
const answer = (page: Page) => page.getByRole('button', { name: 'Get result' });

async function enter(page: Page, keys: string): Promise<void> {
  await field(page, 'Clump thickness').focus();
  await page.keyboard.type(keys);
}

/** Submits a benign record while the worker is paused, and returns once its page shows it waiting. */
async function submitAndWait(app: WebApp): Promise<Page> {
  const { page } = await app.visit('/predictions/new', 'clinician');
  await enter(page, '511121311');
  await answer(page).click();
  await page.getByText(/Next in the queue|Number \d+ in the queue/).waitFor();
  return page;
}

/** Single records: signing in, entering, reading and finding them. */
export function describeClinicianPages(newPeople: () => WebApp): void {
  test('a visitor without a session signs in, after a message about a wrong key, and reaches the page that was asked for', async () => {
    const app = newPeople();
    const { page } = await app.visit('/models');
    await page.waitForURL('**/sign-in');
    expect(await axeViolations(page)).toEqual([]);
    await page.getByLabel('Access key').fill('cq_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('Key not recognised').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByLabel('Access key').fill(app.keys.clinician);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Models', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Access key').waitFor();
  });

  test('a link with a token signs in once, and the token does not stay in the address', async () => {
    const app = newPeople();
    const { token } = (await (await app.call('clinician', '/v1/session/tokens', { method: 'POST' })).json()) as {
      token: string;
    };
    const { page, addresses } = await app.visit(`/sign-in#token=${token}`);
    await page.getByRole('heading', { name: 'New record' }).waitFor();
    expect(page.url()).toBe(`${app.stack.url}/predictions/new`);
    expect(addresses.filter((address) => address.includes(token) && !address.includes('#'))).toEqual([]);
    const again = await app.visit(`/sign-in#token=${token}`);
    await again.page.getByText('This link was already used').waitFor();
  });

  test('nine typed digits lead to a result with evidence, on one printed page, and no address contains the reference', async () => {
    const app = newPeople();
    const { page, complaints, addresses } = await app.visit('/', 'clinician');
    await field(page, 'Clump thickness').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await enter(page, '8 10 10 8 7 10 9 7 1');
    await page.getByLabel('Reference (optional)').fill(REFERENCE);
    await answer(page).click();
    await page.getByRole('heading', { name: 'Malignant', level: 2 }).waitFor();
    await page.getByText('How often this was right in testing').waitFor();
    expect(await page.locator('h1').innerText()).toBe(REFERENCE);
    await page.locator('h1:focus').waitFor();
    for (const title of [
      'Certainty',
      'Feature contributions',
      'Nearest training cases',
      'How firm the result is',
      'Model and limits of use',
    ]) {
      expect(await page.getByRole('heading', { name: title }).count()).toBe(1);
    }
    expect(await page.getByRole('row', { name: /Confirmed diagnosis/ }).innerText()).toContain('malignant');
    expect(await axeViolations(page)).toEqual([]);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
    expect(
      addresses.filter((address) => /M(ü|%C3%BC)ller/i.test(decodeURI(address)) || address.includes('M%')),
    ).toEqual([]);
    expect(await page.title()).not.toContain('Müller');
    expect(complaints).toEqual([]);
  });

  test('an empty form is not sent, and an indeterminate record is shown as undecided, with the range that the missing value allows', async () => {
    const app = newPeople();
    const { page, addresses } = await app.visit('/predictions/new', 'clinician');
    await answer(page).click();
    await page.getByText('Choose a grade').nth(8).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(addresses.filter((address) => address.endsWith('/v1/predictions'))).toEqual([]);
    await enter(page, '54434?431');
    await page.keyboard.press('Tab');
    await answer(page).click();
    await page.getByRole('heading', { name: 'Undecided' }).waitFor();
    await page.getByText('too uncertain to classify').waitFor();
    await page.getByText('Measuring what is missing could change the result.').waitFor();
    await page.getByRole('img', { name: /With the missing values measured it could be 29\s% to 93.3\s%/ }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Edit and re-run' }).click();
    await field(page, 'Bare nuclei').waitFor();
    expect((await gradeValues(page))[5]).toBe('?');
    await field(page, 'Bare nuclei').check();
    await answer(page).click();
    await page.getByText('The probability of malignancy is').or(page.getByText('The model favours')).first().waitFor();
  });

  test.each([
    ['is unlike the training cases', [1, 10, 1, 10, 1, 10, 1, 10, 1]],
    ['lacks values', [5, null, 4, null, 4, null, 4, 3, 1]],
  ])('an undecided record that %s prints on one page', async (_kind, grades) => {
    const app = newPeople();
    const features = Object.fromEntries(Object.keys(MALIGNANT_RECORD).map((name, index) => [name, grades[index]]));
    const id = await app.scoreRecord('clinician', { sample_id: REFERENCE, features });
    const { page } = await app.visit(`/predictions/${id}`, 'clinician');
    await page.getByRole('heading', { name: 'Undecided' }).waitFor();
    await page.getByRole('row', { name: /Confirmed diagnosis/ }).waitFor();
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
  });

  test('a record of thirty measurements prints on one page with all of them, also when it is unlike the training cases', async () => {
    const app = newPeople();
    const { features } = (await (await app.call('clinician', '/v1/models/wdbc-knn/versions/1.1.0')).json()) as {
      features: { name: string; high: string }[];
    };
    const high = features.map(({ name, high: typical }) => [name, Number(/[\d.]+/.exec(typical)?.[0])] as const);
    for (const [radius, title] of [
      [20.6, 'Undecided'],
      [60, 'What is unusual'],
    ] as const) {
      const record = { ...Object.fromEntries(high), radius_mean: radius };
      const id = await app.scoreRecord('clinician', { model: 'wdbc-knn', features: record });
      const { page } = await app.visit(`/predictions/${id}`, 'clinician');
      await page.getByRole('heading', { name: title }).waitFor();
      await page.getByRole('row', { name: /Confirmed diagnosis/ }).waitFor();
      const pdf = await page.pdf({ preferCSSPageSize: true });
      expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
      await page.emulateMedia({ media: 'print' });
      const values = page.getByRole('region', { name: 'Values of this record' });
      expect(await values.getByRole('definition').filter({ visible: true }).count()).toBe(30);
    }
  });

  test('a record is found by its reference, opens by its link for a colleague, and not for another laboratory', async () => {
    const app = newPeople();
    await app.scoreRecord('clinician', { sample_id: REFERENCE, features: MALIGNANT_RECORD });
    const { page } = await app.visit('/predictions', 'clinician');
    await page.getByLabel('Search by reference').fill('müller');
    await page.getByText('1 record found').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('link', { name: REFERENCE }).click();
    await page.getByRole('heading', { name: 'Malignant', level: 2 }).waitFor();
    const { pathname } = new URL(page.url());
    const colleague = await app.visit(pathname, 'colleague');
    await colleague.page.getByRole('heading', { name: 'Malignant', level: 2 }).waitFor();
    const stranger = await app.visit(pathname, 'stranger');
    await stranger.page.getByRole('heading', { name: 'No such record' }).waitFor();
    expect(await axeViolations(stranger.page)).toEqual([]);
    const empty = await app.visit('/predictions', 'stranger');
    await empty.page.getByText('No record has been sent yet').waitFor();
    expect(await axeViolations(empty.page)).toEqual([]);
  });

  test('a queued record shows its place in the queue, stays queued when the cancel dialog is dismissed, and shows its result without a reload', async () => {
    const app = newPeople();
    const page = await whilePaused(app.stack.dataDir, async () => {
      const waiting = await submitAndWait(app);
      expect(await axeViolations(waiting)).toEqual([]);
      await waiting.getByRole('button', { name: 'Cancel' }).click();
      await waiting.getByRole('alertdialog').waitFor();
      expect(await axeViolations(waiting)).toEqual([]);
      await waiting.getByRole('button', { name: 'Go back' }).click();
      return waiting;
    });
    await page.getByRole('heading', { name: 'Benign', level: 2 }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  test('a queued record can be canceled and is not scored', async () => {
    const app = newPeople();
    const page = await whilePaused(app.stack.dataDir, async () => {
      const waiting = await submitAndWait(app);
      await waiting.getByRole('button', { name: 'Cancel' }).click();
      await waiting.getByRole('alertdialog').getByRole('button', { name: 'Cancel the record' }).click();
      await waiting.getByRole('heading', { name: 'Canceled' }).waitFor();
      return waiting;
    });
    expect(await axeViolations(page)).toEqual([]);
    // Records are scored in order: when a later one is scored, the canceled one was skipped.
    await app.scoreRecord('clinician', { features: MALIGNANT_RECORD });
    await page.reload();
    await page.getByText('canceled before it was scored').waitFor();
    const { status } = (await (await app.call('clinician', `/v1${new URL(page.url()).pathname}`)).json()) as {
      status: string;
    };
    expect(status).toBe('canceled');
  });
}
