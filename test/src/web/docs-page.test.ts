import type { Browser } from 'playwright-core';
import { startChromium } from '../support/chromium';
import { type RunningStack, startStack } from '../support/stack-process';

let stack: RunningStack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack(), startChromium()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await stack?.stop();
}, 120_000);

test('the API can be read and tried in a browser, under the content security policy and from this host alone', async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => hosts.add(new URL(request.url()).origin));
  await page.goto(`${stack.url}/docs`);
  await page.getByText('Predict one record').click();
  await page.getByRole('button', { name: 'Try it out' }).waitFor();
  expect(await page.getByRole('button', { name: 'Authorize' }).isVisible()).toBe(true);
  expect(complaints).toEqual([]);
  expect([...hosts].filter((host) => host !== 'null')).toEqual([stack.url]);
}, 60_000);
