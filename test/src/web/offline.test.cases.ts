import { BENIGN_RECORD, WISCONSIN } from '../support/records';
import { axeViolations } from '../support/page-checks';
import type { WebApp } from '../support/web-app';

const BANNER = 'The service is not responding';

/** Pages and uploads whose requests or responses are lost. */
export function describeOfflinePages(newPeople: () => WebApp): void {
  test('a page whose requests fail reports it, keeps its content, and recovers by itself', async () => {
    const { page } = await newPeople().visit('/operations', 'operator');
    await page.getByText('Time to clear').first().waitFor();
    await page.context().setOffline(true);
    await page.getByText(BANNER).waitFor();
    expect(await page.getByText('Time to clear').count()).toBeGreaterThan(0);
    expect(await axeViolations(page)).toEqual([]);
    await page.context().setOffline(false);
    await page.getByText(BANNER).waitFor({ state: 'detached' });
  });

  test('a page opened while requests fail appears when they succeed again', async () => {
    const app = newPeople();
    for (const reference of ['first', 'second'])
      await app.scoreRecord('clinician', { sample_id: reference, features: BENIGN_RECORD });
    const { page } = await app.visit('/predictions', 'clinician');
    // The page's script and the model are loaded with the first record; the second record is not loaded yet.
    await page.getByRole('link', { name: 'first' }).click();
    await page.getByRole('heading', { name: 'Benign', level: 2 }).waitFor();
    await page.getByRole('link', { name: 'Records', exact: true }).first().click();
    await page.getByRole('link', { name: 'second' }).waitFor();
    await page.context().setOffline(true);
    await page.getByRole('link', { name: 'second' }).click();
    await page.getByText(BANNER).waitFor();
    expect(await page.getByRole('heading', { name: 'Benign', level: 2 }).count()).toBe(0);
    await page.context().setOffline(false);
    await page.getByRole('heading', { name: 'Benign', level: 2 }).waitFor();
    expect(await page.locator('h1').innerText()).toBe('second');
  });

  test('an upload whose response is lost is repeated and creates one batch', async () => {
    const app = newPeople();
    const { page } = await app.visit('/batches/new', 'clinician');
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'records.csv', mimeType: 'text/csv', buffer: WISCONSIN });
    const score = page.getByRole('button', { name: 'Score 699 rows' });
    await score.waitFor();
    let lost = 0;
    await page.route(/\/v1\/batches(\?|$)/, async (route) => {
      if (route.request().method() !== 'POST' || lost > 0) return route.continue();
      lost++;
      const answer = await route.fetch();
      expect(answer.status()).toBe(202);
      return route.abort('connectionreset');
    });
    await score.click();
    await page.getByRole('group', { name: 'Result rows' }).waitFor();
    expect(lost).toBe(1);
    expect(((await (await app.call('clinician', '/v1/batches')).json()) as { data: unknown[] }).data).toHaveLength(1);
  });
}
