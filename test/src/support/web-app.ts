import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startChromium } from './chromium';
import { type Environment, type RunningStack, makeDataDir, startStack } from './stack-process';

export type Person = 'clinician' | 'colleague' | 'stranger' | 'operator' | 'admin' | 'maintainer';

const PEOPLE: Readonly<Record<Person, { tenant: string; role: string; platform?: true }>> = {
  clinician: { tenant: 'clinic', role: 'member' },
  colleague: { tenant: 'clinic', role: 'member' },
  stranger: { tenant: 'elsewhere', role: 'member' },
  operator: { tenant: 'operations', role: 'operator' },
  admin: { tenant: 'headquarters', role: 'admin' },
  maintainer: { tenant: 'headquarters', role: 'admin', platform: true },
};

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** For a loaded machine; what is waited for comes in a fraction of it. */
const PATIENCE_MS = 90_000;

interface AxeResults {
  violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[];
}

/** A person's browser, signed in unless told otherwise, with everything that it complained about. */
export interface Visitor {
  readonly page: Page;
  /** Errors of the page and of its console, requests to other hosts. */
  readonly complaints: string[];
  /** The address of every request. */
  readonly addresses: string[];
}

/** A running stack with a key for each kind of person, and a real browser. */
export class WebApp {
  private constructor(
    readonly stack: RunningStack,
    readonly keys: Readonly<Record<Person, string>>,
    private readonly browser: Browser,
    /** Where browsers and clients reach it. */
    readonly url: string,
  ) {}

  static async start(environment: Environment = {}): Promise<WebApp> {
    const dataDir = makeDataDir();
    const keys = writeKeys(join(dataDir, 'keys.json'));
    const settings = { DATA_DIR: dataDir, API_KEYS_FILE: join(dataDir, 'keys.json'), ...environment };
    const [stack, browser] = await Promise.all([startStack(settings), startChromium()]);
    return new WebApp(stack, keys, browser, environment['PUBLIC_URL'] ?? stack.url);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.stack.stop();
    rmSync(this.stack.dataDir, { recursive: true, force: true });
  }

  /** Opens a page as somebody; without a person it is not signed in. */
  async visit(path: string, person?: Person, options: BrowserContextOptions = {}): Promise<Visitor> {
    const { url } = this;
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    if (person !== undefined) {
      const answer = await context.request.post(`${url}/v1/session`, { data: { api_key: this.keys[person] }, headers: { Origin: new URL(url).origin } });
      if (!answer.ok()) throw new Error(`signing in was answered ${answer.status()}`);
    }
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const visitor: Visitor = { page, complaints: [], addresses: [] };
    page.on('console', (message) => message.type() === 'error' && visitor.complaints.push(message.text()));
    page.on('pageerror', (error) => visitor.complaints.push(error.message));
    page.on('request', (request) => {
      visitor.addresses.push(request.url());
      if (!request.url().startsWith(`${url}/`)) visitor.complaints.push(`request to ${request.url()}`);
    });
    await page.goto(`${url}${path}`);
    return visitor;
  }

  /** A request with somebody's key, as a program would send it. */
  async call(person: Person, path: string, init: { method?: string; headers?: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> } = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { ...init, headers: { Authorization: `Bearer ${this.keys[person]}`, ...init.headers } });
  }
}

function writeKeys(file: string): Record<Person, string> {
  const people = Object.entries(PEOPLE).map(([id, person]) => ({ id, ...person, key: `cq_${randomBytes(32).toString('base64url')}` }));
  const tenants = [...new Set(people.map(({ tenant }) => tenant))].map((id) => ({
    id,
    keys: people.filter(({ tenant }) => tenant === id).map(({ id: keyId, role, platform, key }) => ({ id: keyId, role, platform, sha256: createHash('sha256').update(key).digest('hex') })),
  }));
  writeFileSync(file, JSON.stringify({ tenants }));
  return Object.fromEntries(people.map(({ id, key }) => [id, key])) as Record<Person, string>;
}

/** What axe finds wrong with the page as it stands, one line each. */
export async function axeViolations(page: Page): Promise<string[]> {
  // Not as a script element, which the content security policy forbids.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResults, string[]>(
    (rules) => (globalThis as unknown as { axe: { run: (options: object) => Promise<AxeResults> } }).axe.run({ runOnly: rules }),
    RULES,
  );
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary ?? ''}`));
}

/** Whether the page is wider than its window, which would make one scroll in two directions. */
export async function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const { document: { documentElement: root } } = globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } };
    return root.scrollWidth > root.clientWidth;
  });
}
