import type { Page } from 'playwright-core';
import { axeViolations } from '../support/page-checks';
import { gradeField as field, gradeValues as values } from '../support/record-form';
import type { WebApp } from '../support/web-app';

interface Stored {
  sample_id?: string;
  features: Record<string, number | null>;
}

const reference = (page: Page) => page.getByLabel('Reference (optional)');

async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate(
    (line) =>
      (
        globalThis as unknown as { navigator: { clipboard: { writeText: (text: string) => Promise<void> } } }
      ).navigator.clipboard.writeText(line),
    text,
  );
  await field(page, 'Clump thickness').focus();
  await page.keyboard.press('ControlOrMeta+V');
}

async function send(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Get result' }).click();
  await page.waitForURL(/\/predictions\/pred_/);
}

const FIRST = '5\t1\t1\t1\t2\t1\t3\t1\t1';
const SECOND = '8\t10\t10\t8\t7\t10\t9\t7\t1';
const cellsOf = (row: string): string[] => row.split('\t');

/** A record is stored under the reference that belongs to its values, or not at all. */
export function describeRightPatient(newPeople: () => WebApp): void {
  let app: WebApp;

  beforeEach(() => {
    app = newPeople();
  });

  async function stored(): Promise<Stored[]> {
    const answer = await app.call('clinician', '/v1/predictions?limit=100');
    return ((await answer.json()) as { data: Stored[] }).data;
  }

  async function open(): Promise<Page> {
    const { page } = await app.visit('/predictions/new', 'clinician', {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await field(page, 'Clump thickness').waitFor();
    return page;
  }

  test('a second row pasted over the first replaces the reference too', async () => {
    const page = await open();
    await paste(page, `S24-0001\t${FIRST}`);
    await paste(page, `S24-0002\t${SECOND}`);
    expect([await reference(page).inputValue(), await values(page)]).toEqual(['S24-0002', cellsOf(SECOND)]);
    await send(page);
    const [record] = (await stored()).filter(({ sample_id: id }) => id === 'S24-0002');
    expect(Object.values(record?.features ?? {})).toEqual(cellsOf(SECOND).map(Number));
    expect((await stored()).filter(({ sample_id: id }) => id === 'S24-0001')).toEqual([]);
  });

  test('pasted values without a reference clear the previous reference', async () => {
    const page = await open();
    await paste(page, `S24-0003\t${FIRST}`);
    await paste(page, SECOND);
    await page.getByRole('group', { name: 'What was pasted' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    // Until the user has chosen, nothing changes and nothing can be sent.
    expect([await reference(page).inputValue(), await values(page)]).toEqual(['S24-0003', cellsOf(FIRST)]);
    await page.getByRole('button', { name: 'Get result' }).click();
    await page.getByText('Answer the question about the pasted row first').waitFor();
    await page.getByRole('button', { name: 'Yes, starting with 8' }).click();
    await page.getByText('The reference S24-0003 was removed').waitFor();
    expect([await reference(page).inputValue(), await values(page)]).toEqual(['', cellsOf(SECOND)]);
  });

  test('after a result the form is empty, however it is opened', async () => {
    const ways: ((page: Page) => Promise<unknown>)[] = [
      (page) => page.getByRole('button', { name: 'New record' }).click(),
      (page) => page.getByRole('navigation').getByRole('link', { name: 'New record' }).click(),
      (page) => page.goBack(),
    ];
    for (const [index, goOn] of ways.entries()) {
      const page = await open();
      await paste(page, `S24-001${index}\t${FIRST}`);
      await send(page);
      // The address changes before the form is left.
      await page.getByRole('heading', { name: `S24-001${index}`, level: 1 }).waitFor();
      await goOn(page);
      await field(page, 'Clump thickness').waitFor();
      expect([await reference(page).inputValue(), await values(page)]).toEqual(['', cellsOf(FIRST).map(() => '')]);
    }
  });

  test('text that is entered at once is not split over two fields', async () => {
    const page = await open();
    await paste(page, '15');
    await page.getByText('15 is too high').first().waitFor();
    expect(await values(page)).toEqual(cellsOf(FIRST).map(() => ''));
    await field(page, 'Clump thickness').focus();
    await page.keyboard.insertText('15');
    expect((await values(page)).slice(0, 2)).toEqual(['', '']);
  });

  test('a record that is submitted twice concurrently is stored once', async () => {
    const page = await open();
    await paste(page, `S24-0030\t${FIRST}`);
    await page.getByRole('button', { name: 'Get result' }).evaluate((button) => {
      const form = (button as unknown as { form: { requestSubmit: () => void } }).form;
      form.requestSubmit();
      form.requestSubmit();
    });
    await page.waitForURL(/\/predictions\/pred_/);
    expect((await stored()).filter(({ sample_id: id }) => id === 'S24-0030')).toHaveLength(1);
  });

  test('a record that is being entered survives an expired session, for the same laboratory only', async () => {
    for (const [person, expected] of [
      ['colleague', ['S24-0050', cellsOf(FIRST)]],
      ['stranger', ['', cellsOf(FIRST).map(() => '')]],
    ] as const) {
      const page = await open();
      await paste(page, `S24-0050\t${FIRST}`);
      await page.context().clearCookies();
      await page.getByRole('button', { name: 'Get result' }).click();
      await page.getByText('Your session has ended').waitFor();
      expect(await axeViolations(page)).toEqual([]);
      await page.getByLabel('Access key').fill(app.keys[person]);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await field(page, 'Clump thickness').waitFor();
      expect([await reference(page).inputValue(), await values(page)]).toEqual(expected);
      const warnings = page.getByText('was being entered when the session ended');
      expect(await warnings.count()).toBe(person === 'colleague' ? 1 : 0);
      expect(await axeViolations(page)).toEqual([]);
    }
  });

  test('signing out in one tab takes the patient off the other, and the form is empty afterwards', async () => {
    const page = await open();
    await paste(page, `S24-0060\t${FIRST}`);
    const other = await page.context().newPage();
    await other.goto(`${app.url}/models`);
    await other.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Access key').waitFor();
    expect(await page.getByText('Your session has ended').count()).toBe(0);
    await page.getByLabel('Access key').fill(app.keys.clinician);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await field(page, 'Clump thickness').waitFor();
    expect([await reference(page).inputValue(), await values(page)]).toEqual(['', cellsOf(FIRST).map(() => '')]);
  });

  test('the result of one record does not interrupt entering the next', async () => {
    const page = await open();
    await paste(page, `S24-0040\t${FIRST}`);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/v1/predictions', async (route) => {
      await released;
      await route.continue();
    });
    const answered = page.waitForResponse(
      (response) => response.request().method() === 'POST' && response.url().endsWith('/v1/predictions'),
    );
    await page.getByRole('button', { name: 'Get result' }).click();
    await paste(page, `S24-0041\t${SECOND}`);
    release();
    await answered;
    await page.getByRole('button', { name: 'Get result' }).waitFor();
    expect([await reference(page).inputValue(), await values(page)]).toEqual(['S24-0041', cellsOf(SECOND)]);
    expect(page.url()).toContain('/predictions/new');
  });
}
