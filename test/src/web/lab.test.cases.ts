import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Download, Page } from 'playwright-core';
import { finish, upload } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { HEADER, rows } from '../support/csv-rows';
import { axeViolations } from '../support/page-checks';
import { whilePaused } from '../support/paused-workers';
import { WISCONSIN, readCsv, wisconsinOfAnotherLab } from '../support/records';
import { TcpProxy } from '../support/tcp-proxy';
import { waitUntil } from '../support/wait-until';
import type { WebApp } from '../support/web-app';

const ROWS = 20_000;

/** Some rows have a value out of range, some a cell too few. */
function largeCsv(): string {
  const [header, ...rows] = wisconsinOfAnotherLab().trimEnd().split('\n');
  const lines = Array.from({ length: ROWS }, (_, index) => {
    const row = rows[index % rows.length] ?? '';
    if (index % 2_000 === 17) return row.replace(/^(\d+),\d+/, '$1,11');
    return index % 4_000 === 23 ? row.slice(0, row.lastIndexOf(',')) : row;
  });
  return [header, ...lines].join('\n') + '\n';
}

async function choose(page: Page, file: string | { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
  await page.locator('input[type=file]').setInputFiles(file);
}

async function startDownload(page: Page, name: string): Promise<Download> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
  return download;
}

/** Files: checking, scoring, reading, downloading and deleting them. */
export function describeLabPages(newPeople: () => WebApp): void {
  let dir: string;
  const largeFile = () => join(dir, 'Patientinnen Mai.csv');

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'cytoqueue-lab-'));
    writeFileSync(largeFile(), largeCsv());
  });

  afterAll(() => rmSync(dir, { recursive: true }));

  /** The browser may run on another machine, so its downloads are copied before they are read. */
  async function save(page: Page, name: string): Promise<string> {
    const copy = join(dir, 'downloaded.csv');
    await (await startDownload(page, name)).saveAs(copy);
    return readFileSync(copy, 'utf8');
  }

  test('a file of twenty thousand rows is checked, scored, read, downloaded, scored again and deleted', async () => {
    const app = newPeople();
    const { page, complaints, addresses } = await app.visit('/batches', 'clinician');
    await page.getByText('No file has been uploaded yet').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('link', { name: 'Upload a file' }).click();
    await page.getByRole('heading', { name: 'Upload a file' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);

    await choose(page, largeFile());
    await page.getByRole('button', { name: 'Score 19,985 rows' }).waitFor();
    expect(await page.getByRole('row', { name: /A value outside its range/ }).innerText()).toContain('10');
    expect(await page.getByRole('row', { name: /UnifSize/ }).innerText()).toMatch(
      /Uniformity of cell size\s+known other name/,
    );
    expect(await axeViolations(page)).toEqual([]);
    expect(await (await app.call('clinician', '/v1/batches')).json()).toMatchObject({ data: [] });

    await page.getByRole('button', { name: 'Score 19,985 rows' }).click();
    await page.waitForURL('**/batches/batch_*');
    const first = page.url();
    await page.getByText('Finished, some rows not scored').waitFor();
    await page.getByRole('group', { name: 'Result rows' }).waitFor();
    await page.getByRole('row', { name: /Too few or too many cells in the row/ }).waitFor();
    expect(await page.getByRole('group', { name: 'Result rows' }).getByRole('row').count()).toBe(26);
    expect(await axeViolations(page)).toEqual([]);

    const results = readCsv(await save(page, 'Download results'));
    expect(results).toHaveLength(ROWS);
    const toMend = readCsv(await save(page, 'Rows that were not scored as CSV'));
    expect(toMend.map(({ error_code }) => error_code).sort()).toEqual([
      ...Array<string>(5).fill('column-count'),
      ...Array<string>(10).fill('out-of-range'),
    ]);

    await page.getByLabel('Threshold for malignant').selectOption('sensitivity99');
    await page.getByRole('button', { name: 'Score again' }).click();
    await page.waitForURL((url) => url.href !== first);
    await page.getByText(/Compared with wbc-knn 1.1.0, [\d,]+ rows have changed class/).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('alertdialog').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Delete permanently' }).click();
    await page.waitForURL('**/batches');
    await page.getByRole('link', { name: 'Patientinnen Mai.csv' }).waitFor();
    expect(await page.getByRole('link', { name: 'Patientinnen Mai.csv' }).count()).toBe(1);
    expect(await axeViolations(page)).toEqual([]);
    expect(addresses.filter((address) => address.includes('Patientinnen'))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('an invalid file is rejected with row and column, and nothing is sent', async () => {
    const app = newPeople();
    const { page } = await app.visit('/batches/new', 'clinician');
    await choose(page, { name: 'wrong.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') });
    await page.getByText('The file cannot be accepted.').waitFor();
    expect(await page.getByRole('button', { name: /^Score/ }).count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    await choose(page, { name: 'right.csv', mimeType: 'text/csv', buffer: WISCONSIN });
    await page.getByRole('button', { name: 'Score 699 rows' }).waitFor();
  });

  test('columns with unknown names are mapped by hand, and the profile scores this file and the next', async () => {
    const app = newPeople();
    const { page, addresses } = await app.visit('/batches/new', 'clinician');
    const labFile = (name: string) => {
      const text = wisconsinOfAnotherLab().replace('ID,Clump,', 'Fallnummer,Klumpen,').replaceAll(',', ';');
      return choose(page, { name, mimeType: 'text/csv', buffer: Buffer.from(text) });
    };
    await labFile('May.csv');
    await page.getByText('First choose a column for Clump thickness.').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByLabel('Use of column Fallnummer').selectOption('id');
    await page.getByLabel('Use of column Klumpen').selectOption('clump_thickness');
    await page.getByLabel('Profile name').fill('northgate');
    await page.getByRole('button', { name: 'Save profile and check again' }).click();
    await page.getByRole('button', { name: 'Score 699 rows' }).click();
    await page.waitForURL('**/batches/batch_*');
    await page.getByRole('group', { name: 'Result rows' }).waitFor();
    expect(await page.getByRole('region', { name: 'How the file was read' }).innerText()).toMatch(
      /Separator\s+semicolon[^]*Import profile\s+northgate/,
    );
    expect(await page.getByRole('row', { name: /Reference with both classes/ }).count()).toBeGreaterThan(0);

    await page.goto(`${app.stack.url}/batches/new`);
    await labFile('June.csv');
    await page.getByText(/The file cannot be accepted/).waitFor();
    await page.getByText('how the file is read').click();
    await page.getByLabel('Import profile').selectOption('northgate');
    await page.getByRole('button', { name: 'Score 699 rows' }).waitFor();
    expect(addresses.filter((address) => /Fallnummer|Klumpen|May|June/.test(address))).toEqual([]);
  });

  test('undecided rows are found in the worklist, reviewed and then left out of it; rows are searched by reference', async () => {
    const app = newPeople();
    const client = await ContractClient.connect(app.stack.url, app.keys.clinician);
    const batch = await upload(client, wisconsinOfAnotherLab());
    await finish(client, batch);
    const { page, addresses, complaints } = await app.visit('/worklist', 'clinician');
    const worklist = page.getByRole('group', { name: 'Worklist' });
    const first = worklist.getByRole('link').first();
    const reference = await first.innerText();
    expect(await axeViolations(page)).toEqual([]);
    await first.click();
    await page.getByRole('heading', { name: reference }).waitFor();
    await page.getByRole('heading', { name: 'Model and limits of use' }).waitFor();
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
    await page.getByLabel('Malignant').check();
    await page.getByRole('button', { name: 'Record review' }).click();
    await page.getByText('The review is recorded.').waitFor();
    await page.getByRole('listitem').filter({ hasText: 'Malignant by key clinician' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('link', { name: 'Next undecided row' }).click();
    await page.getByText('No review yet.').waitFor();
    await page.getByRole('link', { name: 'Worklist' }).click();
    // Until it has read the list again, the page shows the one from before the review.
    await waitUntil('the reviewed row has left the worklist', async () => (await first.innerText()) !== reference);

    await page.goto(`${app.stack.url}/batches/${batch}`);
    const rows = page.getByRole('group', { name: 'Result rows' });
    await rows.waitFor();
    await page.getByLabel('All rows').check();
    await page.getByLabel('Reference begins with').fill('1000025');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('1 row whose reference begins with “1000025”.').waitFor();
    expect(await rows.getByRole('link').allInnerTexts()).toEqual(['1000025']);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Results as Excel' }).click();
    expect(await (await download).failure()).toBeNull();
    expect(addresses.filter((address) => /1000025/.test(address))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('a file on another scale is marked before and after it is scored', async () => {
    const app = newPeople();
    const { page } = await app.visit('/batches/new', 'clinician');
    const halved = wisconsinOfAnotherLab().replaceAll(/(?<=,)\d+(?=,)/g, (grade) =>
      String(Math.ceil(Number(grade) / 2)),
    );
    await choose(page, { name: 'halved.csv', mimeType: 'text/csv', buffer: Buffer.from(halved) });
    await page.getByRole('heading', { name: /unlike the training data. Do not score it/ }).waitFor();
    expect(await page.getByRole('alert').innerText()).toContain('another grade scale');
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: /^Score/ }).click();
    await page.getByRole('heading', { name: /unlike the training data. Do not rely on its results/ }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  test('a file can be dropped onto the page', async () => {
    const app = newPeople();
    const { page } = await app.visit('/batches/new', 'clinician');
    const file = join(dir, 'dragged.csv');
    writeFileSync(file, WISCONSIN);
    // Appears above the place to drop on, and moves it.
    await page.getByRole('button', { name: 'Download a sample file' }).waitFor();
    const box = await page.getByText('Drag one or more files here').boundingBox();
    const at = { x: (box?.x ?? 0) + 5, y: (box?.y ?? 0) + 5 };
    const session = await page.context().newCDPSession(page);
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', {
        type,
        ...at,
        data: { items: [], files: [file], dragOperationsMask: 1 },
      });
    }
    await page.getByRole('button', { name: 'Score 699 rows' }).waitFor();
    expect(await page.getByText('dragged.csv').isVisible()).toBe(true);
  });

  test('the first rows of a large file are checked, and all rows on request', async () => {
    const app = newPeople();
    const { page } = await app.visit('/batches/new', 'clinician');
    const [header, ...rows] = WISCONSIN.toString().trimEnd().split('\n');
    const filler = 'x'.repeat(2_000);
    const large = Buffer.from(
      [
        `${header},notes`,
        ...Array.from({ length: 12_600 }, (_, index) => `${rows[index % rows.length]},${filler}`),
      ].join('\n'),
    );
    const file = join(dir, 'notes.csv');
    writeFileSync(file, large);
    await choose(page, file);
    await page.getByText('only its first 4 MB were checked').waitFor();
    expect(await page.getByRole('heading', { name: 'Check of the first rows' }).count()).toBe(1);
    await page.getByRole('button', { name: /^Check all/ }).click();
    await page.getByRole('button', { name: 'Score 12,600 rows' }).waitFor();
  });

  test('a running batch shows its progress, can be canceled, and can be retried to completion', async () => {
    const app = newPeople();
    const { page } = await app.visit('/batches/new', 'clinician');
    await whilePaused(app.stack.dataDir, async () => {
      await choose(page, largeFile());
      await page.getByRole('button', { name: 'Score 19,985 rows' }).click();
      await page.getByRole('progressbar', { name: 'Scored' }).waitFor();
      expect(await axeViolations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'Cancel the batch' }).click();
      await page.getByText('Being canceled').waitFor();
    });
    await page.getByText('Canceled', { exact: true }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Score remaining rows' }).click();
    await page.getByText('Finished, some rows not scored').waitFor();
  });

  test('a download that is cut off is reported as failed, and the next one is complete', async () => {
    const app = newPeople();
    const client = await ContractClient.connect(app.stack.url, app.keys.clinician);
    const id = await upload(client, HEADER + rows(ROWS));
    await finish(client, id);
    const proxy = await TcpProxy.start(Number(new URL(app.stack.url).port));
    try {
      const { page } = await app.visit(`/batches/${id}`, 'clinician', { url: `http://127.0.0.1:${proxy.port}` });
      await page.getByRole('group', { name: 'Result rows' }).waitFor();
      // The browser may request the rest of the file: these responses are cut off too.
      proxy.intercept((request) => (/^GET \S+\/results\?redirect/.test(request) ? 'cut off the answer' : 'pass'));
      expect(await (await startDownload(page, 'Download results')).failure()).not.toBeNull();
      proxy.intercept(() => 'pass');
      expect(await save(page, 'Download results')).toBe((await client.get(`/v1/batches/${id}/results`)).text);
    } finally {
      await proxy.stop();
    }
  });
}
