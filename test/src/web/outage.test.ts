import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BENIGN_RECORD, WISCONSIN } from '../support/records';
import { readReady } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';
import { WebApp, axeViolations } from '../support/web-app';

let app: WebApp;

beforeEach(async () => {
  app = await WebApp.start({ WORKER_THREADS: '1' });
});

afterEach(async () => {
  await app?.stop();
});

async function killApi(): Promise<void> {
  const before = app.stack.ready.pids.api;
  process.kill(before, 'SIGKILL');
  await waitUntil('another API has started', () => {
    const now = readReady(app.stack.dataDir)?.pids.api;
    return now !== undefined && now !== before;
  });
}

test('while the service is away the page says so and keeps what it shows, and goes on when it is back', async () => {
  const { page } = await app.visit('/operations', 'operator');
  await page.getByText('Rows waiting').first().waitFor();
  await page.context().setOffline(true);
  await page.getByText('The service does not answer right now').waitFor();
  expect(await page.getByText('Rows waiting').count()).toBeGreaterThan(0);
  expect(await axeViolations(page)).toEqual([]);
  await page.context().setOffline(false);
  await page.getByText('The service does not answer right now').waitFor({ state: 'detached' });
});

test('a record and a file that are under way when the API is killed show their ends without a reload', async () => {
  const [worker] = app.stack.ready.pids.workers;
  process.kill(worker as number, 'SIGSTOP');
  const record = (await (await app.call('clinician', '/v1/predictions', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ features: BENIGN_RECORD }),
  })).json()) as { id: string };
  const batch = (await (await app.call('clinician', '/v1/batches', {
    method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: new Uint8Array(WISCONSIN),
  })).json()) as { id: string };
  const recordPage = (await app.visit(`/predictions/${record.id}`, 'clinician')).page;
  const batchPage = (await app.visit(`/batches/${batch.id}`, 'clinician')).page;
  await recordPage.getByText('in the queue').or(recordPage.getByText('A worker has it in hand')).first().waitFor();
  await batchPage.getByRole('progressbar', { name: 'Scored' }).waitFor();
  await killApi();
  process.kill(worker as number, 'SIGCONT');
  await recordPage.getByRole('heading', { name: 'Benign', level: 2 }).waitFor();
  await batchPage.getByText('The first 100 rows.').waitFor();
  expect(await batchPage.getByRole('progressbar').count()).toBe(0);
}, 300_000);

test('a page that is opened while the service is away waits for it', async () => {
  const { page } = await app.visit('/predictions', 'clinician');
  await page.getByText('No record has been sent yet').waitFor();
  await page.getByRole('link', { name: 'Batches' }).click();
  await page.getByText('No file has been uploaded yet').waitFor();
  await page.context().setOffline(true);
  await page.getByRole('link', { name: 'Records', exact: true }).click();
  await page.context().setOffline(false);
  await page.getByText('No record has been sent yet').waitFor();
  expect(await page.locator('h1').innerText()).toBe('Records');
});

test('an upload that meets a dead API is sent again and makes one batch', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cytoqueue-outage-'));
  const { page } = await app.visit('/batches/new', 'clinician');
  writeFileSync(join(dir, 'records.csv'), WISCONSIN);
  await page.locator('input[type=file]').setInputFiles(join(dir, 'records.csv'));
  const score = page.getByRole('button', { name: 'Score 699 rows' });
  await score.waitFor();
  process.kill(app.stack.ready.pids.api, 'SIGKILL');
  await score.click();
  await page.getByText('The first 100 rows.').waitFor();
  expect(((await (await app.call('clinician', '/v1/batches')).json()) as { data: unknown[] }).data).toHaveLength(1);
  rmSync(dir, { recursive: true });
});
