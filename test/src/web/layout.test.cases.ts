import type { BrowserContextOptions } from 'playwright-core';
import { finish } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { axeViolations, isTooWide } from '../support/page-checks';
import { BENIGN_RECORD, WISCONSIN } from '../support/records';
import type { WebApp } from '../support/web-app';

/** Rows of every kind, one with a feature that was not measured. */
const FEW_ROWS = Buffer.from(WISCONSIN.toString().split('\n').slice(0, 31).join('\n') + '\n');
const SAMPLE_ID = 'a-reference-without-a-single-place-to-break-it-in-two';

/** The address of every page of an admin, who may open all; what they show is finished. */
async function everyPage(app: WebApp): Promise<string[]> {
  const record = { sample_id: SAMPLE_ID, features: { ...BENIGN_RECORD, bare_nuclei: null } };
  const prediction = await app.scoreRecord('admin', record);
  const batch = await app.sendFile('admin', FEW_ROWS);
  await finish(await ContractClient.connect(app.stack.url, app.keys.admin), batch);
  const confirmed = await app.call('admin', '/v1/confirmations', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ batch_id: batch, row: 1, confirmed_class: 'benign' }),
  });
  expect(confirmed.status).toBe(201);
  return [
    '/predictions/new',
    '/predictions',
    `/predictions/${prediction}`,
    '/batches',
    '/batches/new',
    `/batches/${batch}`,
    `/batches/${batch}/rows/1`,
    '/worklist',
    '/performance',
    '/import-profiles',
    '/api-keys',
    '/help',
    '/settings',
    '/operations',
    '/models',
    '/models/wbc-knn/1.0.0',
    '/models/wdbc-knn/1.0.0',
    '/trainings',
    '/trainings/new',
    '/trainings/training_none',
    '/audit',
    '/models/none/1',
    '/predictions/nonsense/more',
  ];
}

async function faultsOnEveryPage(
  app: WebApp,
  options: BrowserContextOptions,
  rules: Parameters<typeof axeViolations>[1] = {},
): Promise<string[]> {
  const paths = await everyPage(app);
  const { page } = await app.visit('/', 'admin', options);
  const faults: string[] = [];
  for (const path of paths) {
    await page.goto(`${app.stack.url}${path}`);
    await page.locator('h1').waitFor();
    await page.getByRole('status').filter({ hasText: / …$/ }).first().waitFor({ state: 'detached' });
    if (await isTooWide(page)) faults.push(`${path} is wider than its window`);
    faults.push(...(await axeViolations(page, rules)).map((violation) => `${path} ${violation}`));
  }
  return faults;
}

/** Small and large windows, colours and motion, on every page. */
export function describeLayout(newPeople: () => WebApp): void {
  test('every page fits a window of 320 pixels, in dark mode', async () => {
    expect(
      await faultsOnEveryPage(newPeople(), {
        viewport: { width: 320, height: 640 },
        colorScheme: 'dark',
        reducedMotion: 'reduce',
      }),
    ).toEqual([]);
  });

  test('every page fits a window of 1280 pixels at 200 %, in light mode', async () => {
    expect(
      await faultsOnEveryPage(
        newPeople(),
        { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2, colorScheme: 'light' },
        { appearanceOnly: true },
      ),
    ).toEqual([]);
  });

  test('the colours follow the system until the user chooses, and the choice is kept', async () => {
    const app = newPeople();
    const { page } = await app.visit('/models', 'admin', { colorScheme: 'light' });
    const background = () =>
      page.evaluate(() => {
        const view = globalThis as unknown as {
          getComputedStyle: (element: unknown) => { backgroundColor: string };
          document: { documentElement: unknown };
        };
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

  test('nothing is animated with reduced motion', async () => {
    const app = newPeople();
    const { page } = await app.visit('/batches/new', 'admin', { reducedMotion: 'reduce' });
    await page.getByRole('heading', { name: 'Upload a file' }).waitFor();
    const moving = await page.locator('*').evaluateAll(
      (elements) =>
        elements.filter((element) => {
          const { transitionDuration, animationName } = (
            globalThis as unknown as {
              getComputedStyle: (of: unknown) => { transitionDuration: string; animationName: string };
            }
          ).getComputedStyle(element);
          return (transitionDuration !== '0s' && transitionDuration !== '') || animationName !== 'none';
        }).length,
    );
    expect(moving).toBe(0);
  });
}
