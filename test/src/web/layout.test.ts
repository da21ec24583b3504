import type { BrowserContextOptions } from 'playwright-core';
import { BENIGN_RECORD, WISCONSIN } from '../support/records';
import { WebApp, axeViolations, isTooWide } from '../support/web-app';

let app: WebApp;
/** Every page of somebody who may see all. */
let paths: string[];

beforeAll(async () => {
  app = await WebApp.start({ WORKER_THREADS: '1' });
  const prediction = (await (await app.call('admin', '/v1/predictions', {
    method: 'POST', headers: { 'Content-Type': 'application/json', Prefer: 'wait=30' },
    body: JSON.stringify({ sample_id: 'a-reference-without-a-single-place-to-break-it-in-two', features: { ...BENIGN_RECORD, bare_nuclei: null } }),
  })).json()) as { id: string };
  const batch = (await (await app.call('admin', '/v1/batches', { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: new Uint8Array(WISCONSIN) })).json()) as { id: string };
  paths = [
    '/predictions/new', '/predictions', `/predictions/${prediction.id}`, '/batches', '/batches/new', `/batches/${batch.id}`, '/operations', '/models',
    '/models/wbc-knn/1.0.0', '/models/wdbc-knn/1.0.0', '/audit', '/models/none/1', '/predictions/nonsense/more',
  ];
});

afterAll(async () => {
  await app?.stop();
});

async function faultsOnEveryPage(options: BrowserContextOptions): Promise<string[]> {
  const { page } = await app.visit('/', 'admin', options);
  const faults: string[] = [];
  for (const path of paths) {
    await page.goto(`${app.stack.url}${path}`);
    await page.locator('h1').waitFor();
    await page.locator('.loading').first().waitFor({ state: 'detached' });
    if (await isTooWide(page)) faults.push(`${path} is wider than its window`);
    faults.push(...(await axeViolations(page)).map((violation) => `${path} ${violation}`));
  }
  return faults;
}

test('every page fits a window of 320 pixels, in the dark', async () => {
  expect(await faultsOnEveryPage({ viewport: { width: 320, height: 640 }, colorScheme: 'dark', reducedMotion: 'reduce' })).toEqual([]);
}, 300_000);

test('every page fits a window of 1280 pixels at 200 %, in the light', async () => {
  expect(await faultsOnEveryPage({ viewport: { width: 640, height: 450 }, deviceScaleFactor: 2, colorScheme: 'light' })).toEqual([]);
}, 300_000);

test('the colours follow the system until somebody chooses, and the choice is kept', async () => {
  const { page } = await app.visit('/models', 'admin', { colorScheme: 'light' });
  const background = () => page.evaluate(() => {
    const view = globalThis as unknown as { getComputedStyle: (element: unknown) => { backgroundColor: string }; document: { documentElement: unknown } };
    return view.getComputedStyle(view.document.documentElement).backgroundColor;
  });
  const light = await background();
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await background();
  expect(dark).not.toBe(light);
  await page.getByRole('button', { name: 'Colours: system' }).click();
  expect(await background()).toBe(light);
  await page.reload();
  await page.getByRole('button', { name: 'Colours: light' }).waitFor();
  expect(await background()).toBe(light);
});

test('nothing moves for who does not want it', async () => {
  const { page } = await app.visit('/batches/new', 'admin', { reducedMotion: 'reduce' });
  await page.getByRole('heading', { name: 'Upload a file' }).waitFor();
  const moving = await page.locator('*').evaluateAll((elements) => elements.filter((element) => {
    const { transitionDuration, animationName } = (globalThis as unknown as { getComputedStyle: (of: unknown) => { transitionDuration: string; animationName: string } }).getComputedStyle(element);
    return (transitionDuration !== '0s' && transitionDuration !== '') || animationName !== 'none';
  }).length);
  expect(moving).toBe(0);
});
