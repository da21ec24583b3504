import type { Browser } from 'playwright-core';
import { startChromium } from '../support/chromium';
import { type RunningStack, startStack } from '../support/stack-process';

let stack: RunningStack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack({ CANARY_SECONDS: '0' }), startChromium()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await stack?.stop();
}, 120_000);

test('the queues can be looked at in a browser, signed in, under the content security policy and from this host alone', async () => {
  const context = await browser.newContext({ baseURL: stack.url });
  await context.request.post('/v1/session', { data: { api_key: stack.apiKey }, headers: { origin: stack.url } });
  const page = await context.newPage();
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => hosts.add(new URL(request.url()).origin));
  await page.goto('/admin/queues/queue/shards');
  await page.getByRole('link', { name: /predictions/ }).first().click();
  await page.waitForURL(/\/queue\/predictions/);
  expect(complaints).toEqual([]);
  expect([...hosts].filter((host) => host !== 'null')).toEqual([stack.url]);
}, 60_000);
