import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModel, serializeModel } from '@cytoqueue/classifier';
import { axeViolations } from '../support/page-checks';
import { whilePaused } from '../support/paused-workers';
import { BENIGN_RECORD, WISCONSIN } from '../support/records';
import { ROOT, runProgram } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';
import type { WebApp } from '../support/web-app';

/** Adds the shipped model with another threshold to the stack's registry. */
async function addNextVersion(dataDir: string): Promise<void> {
  const { digest: _, ...file } = parseModel(
    readFileSync(join(ROOT, 'packages/registry/models/wbc-knn/1.0.0.json')),
  ).file;
  const path = join(dataDir, 'next.json');
  writeFileSync(
    path,
    serializeModel({ ...file, version: '1.2.0', operating_points: { default: 0.9, sensitivity99: 0.3 } }),
  );
  const program = runProgram(process.execPath, [join(ROOT, 'scripts/dist/models/main.js'), 'add', path], {
    DATA_DIR: dataDir,
  });
  expect(await program.exited).toBe(0);
}

/** Queue, models and audit. */
export function describeOperatorPages(newPeople: () => WebApp): void {
  test('an operator sees the queue’s state change, and no record', async () => {
    const app = newPeople();
    const { page, complaints, addresses } = await app.visit('/', 'operator');
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    await page.getByText('Time to clear').waitFor();
    expect(await page.getByRole('navigation').getByRole('link').allInnerTexts()).toEqual([
      'Operations',
      'Models',
      'Help',
    ]);
    await whilePaused(app.stack.dataDir, async () => {
      await app.sendFile('clinician', WISCONSIN);
      await page.getByRole('definition').getByText('699', { exact: true }).waitFor();
      await page.getByRole('row', { name: /Responding|Not responding|Heartbeat late/ }).waitFor();
      await page.getByRole('img', { name: /^699 rows now/ }).waitFor();
      expect(await axeViolations(page)).toEqual([]);
    });
    // The last hour may have had a larger backlog, that of another test.
    await page.getByRole('img', { name: /^0 rows now; between 0 and (?:699|[\d,]{4,}) in the last hour/ }).waitFor();
    expect(addresses.filter((address) => /\/v1\/(predictions|batches)/.test(address))).toEqual([]);
    expect(complaints).toEqual([]);
    expect(await page.getByRole('link', { name: 'Job queue (Bull Board)' }).count()).toBe(0);
    await page.goto(`${app.stack.url}/predictions/new`);
    await page.getByRole('heading', { name: 'You do not have access to this page' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  test('the latency of single records is shown once some were scored', async () => {
    const app = newPeople();
    await app.scoreRecord('clinician', { features: BENIGN_RECORD });
    const { page } = await app.visit('/operations', 'operator');
    const latency = page.getByRole('definition').filter({ hasText: /\d (ms|s) median, .* 99th percentile/ });
    await latency.nth(1).waitFor();
    expect(await latency.count()).toBe(2);
  });

  test('the model’s card is shown with its plots, and no script in it runs', async () => {
    const app = newPeople();
    const { page, complaints } = await app.visit('/models', 'operator');
    await page.getByRole('link', { name: 'wbc-knn 1.1.0' }).click();
    await page.getByRole('heading', { name: 'Model card: wbc-knn 1.1.0' }).waitFor();
    const plots = page.getByRole('region', { name: 'Model card' }).locator('img');
    expect(await plots.count()).toBe(4);
    for (const plot of await plots.all()) await plot.scrollIntoViewIfNeeded();
    await waitUntil('all plots are shown', () =>
      plots.evaluateAll((images) =>
        images.every((image) => (image as unknown as { naturalWidth: number }).naturalWidth > 0),
      ),
    );
    expect(await axeViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    const plot = await app.call('operator', '/v1/models/wbc-knn/versions/1.0.0/plots/roc.svg');
    expect(plot.headers.get('Content-Security-Policy')).toContain('sandbox');
    expect((await app.call('operator', '/v1/models/wbc-knn/versions/1.0.0/plots/..%2F1.0.0.json')).status).toBe(404);
    expect(await page.getByRole('button', { name: /^Make .* current/ }).count()).toBe(0);
  });

  test('the job queue is linked for a platform key but not for a tenant’s admin', async () => {
    const app = newPeople();
    const admin = await app.visit('/operations', 'admin');
    await admin.page.getByText('Time to clear').waitFor();
    expect(await admin.page.getByRole('link', { name: 'Job queue (Bull Board)' }).count()).toBe(0);
    const { page } = await app.visit('/operations', 'maintainer');
    await page.getByRole('link', { name: 'Job queue (Bull Board)' }).click();
    await page.getByText('shards').first().waitFor();
    await page.locator('a[href="/operations"]').waitFor();
  });

  test('a platform key promotes a version and rolls it back, and the audit log names the key', async () => {
    const app = newPeople();
    await addNextVersion(app.stack.dataDir);
    const admin = await app.visit('/models', 'admin');
    await admin.page.getByRole('link', { name: 'wbc-knn 1.2.0' }).waitFor();
    expect(await admin.page.getByRole('button', { name: /^Make .* current/ }).count()).toBe(0);
    const { page, complaints } = await app.visit('/models', 'maintainer');
    await page.getByRole('button', { name: 'Make 1.2.0 current' }).click();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('alertdialog').getByRole('button', { name: 'Make current' }).click();
    // Its threshold makes it call malignant records benign.
    await page.getByText('finds fewer malignant records than the champion').waitFor();
    await page.getByRole('button', { name: 'Make 1.2.0 current nevertheless' }).click();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('alertdialog').getByRole('button', { name: 'Make current' }).click();
    await page.getByRole('listitem').filter({ hasText: 'wbc-knn 1.2.0' }).getByText('in use').waitFor();
    await page.getByRole('button', { name: 'Go back to 1.1.0' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Go back', exact: true }).last().click();
    await page.getByRole('listitem').filter({ hasText: 'wbc-knn 1.1.0' }).getByText('in use').waitFor();
    await page.getByText('History of versions in use').nth(1).click();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('link', { name: 'Audit' }).click();
    await page
      .getByRole('row', { name: /headquarters-\d+ \/ maintainer .*models\/wbc-knn@1\.2\.0/ })
      .first()
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.goto(`${app.stack.url}/models/wbc-knn/1.2.0`);
    await page.getByText('No card is kept of this version').waitFor();
    expect(complaints.filter((complaint) => !/40[49]/.test(complaint))).toEqual([]);
  });
}
