import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import startSharedServers, { stopSharedServers } from '../support/jest/global-setup';
import { wisconsinOfAnotherLab } from '../support/records';
import { gradeField } from '../support/record-form';
import { ROOT } from '../support/stack-process';
import { type WebApp, WebStack } from '../support/web-app';

/** `npm run screenshots`: takes the README's pictures, from a stack of its own. */

const FOLDER = join(ROOT, 'services/web/screenshots');
const QUALITY = 82;
const DESKTOP: BrowserContextOptions = {
  viewport: { width: 1200, height: 900 },
  colorScheme: 'light',
  reducedMotion: 'reduce',
};
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  colorScheme: 'dark',
  reducedMotion: 'reduce',
};

async function takeAll(app: WebApp): Promise<void> {
  const { page } = await app.visit('/predictions/new', 'admin', DESKTOP);
  await gradeField(page, 'Clump thickness').focus();
  await page.keyboard.type('54434?');
  await save(page, 'new-record');

  await page.keyboard.type('431');
  await page.getByLabel('Reference (optional)').fill('slide 7');
  await page.getByRole('button', { name: 'Get result' }).click();
  await page.getByText('How often this was right in testing').waitFor();
  await save(page, 'undecided');
  const phone = await app.visit(new URL(page.url()).pathname, 'admin', PHONE);
  await phone.page.getByText('How often this was right in testing').waitFor();
  await save(phone.page, 'phone-dark');

  await page.goto(`${app.stack.url}/batches/new`);
  const rows = wisconsinOfAnotherLab()
    .replace(/\n1017023,4,1,/, '\n1017023,14,1,')
    .replace(/\n1036172,2,1,/, '\n1036172,2,x,');
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'aspirates-may.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) });
  await page.getByRole('button', { name: /^Score/ }).waitFor();
  await save(page, 'preflight');
  await page.getByRole('button', { name: /^Score/ }).click();
  await page.getByRole('group', { name: 'Result rows' }).waitFor();
  await save(page, 'batch');

  await page.goto(`${app.stack.url}/operations`);
  await page.getByRole('img', { name: /rows per second now/ }).waitFor();
  await save(page, 'operations');
}

/** As WebP, which playwright itself does not write. */
async function save(page: Page, name: string): Promise<void> {
  await page.evaluate('document.fonts.ready');
  // Focusing a field has scrolled the page, which hides its title and the navigation.
  await page.evaluate('scrollTo(0, 0)');
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
  writeFileSync(join(FOLDER, `${name}.webp`), Buffer.from(data, 'base64'));
  await session.detach();
}

async function main(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  await startSharedServers();
  const web = await WebStack.start();
  try {
    await takeAll(web.newPeople());
  } finally {
    await web.stop();
    await stopSharedServers();
  }
}

void main();
