import { createHash, randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { connectChromium } from './chromium';
import { type Environment, type RunningStack, makeDataDir, startStack } from './stack-process';

export type Person = 'clinician' | 'colleague' | 'stranger' | 'operator' | 'admin';
type Keys = Readonly<Record<Person, string>>;

const PEOPLE: Readonly<Record<Person, { tenant: string; role: string }>> = {
  clinician: { tenant: 'clinic', role: 'member' },
  colleague: { tenant: 'clinic', role: 'member' },
  stranger: { tenant: 'elsewhere', role: 'member' },
  operator: { tenant: 'operations', role: 'operator' },
  admin: { tenant: 'headquarters', role: 'admin' },
};

/** How many tests of one stack can have people of their own. */
const MAX_GROUPS = 40;

/** Half of jest's limit for a test, so that a page that never gets there is reported by what was waited for. */
const PATIENCE_MS = 300_000;

/** A person's browser, signed in unless told otherwise, with everything that it complained about. */
export interface Visitor {
  readonly page: Page;
  /** Errors of the page and of its console, requests to other hosts. */
  readonly complaints: string[];
  /** The address of every request. */
  readonly addresses: string[];
}

interface CallInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

/** A running stack and the browser of this jest run. */
export class WebStack {
  private nextGroup = 0;

  private constructor(
    readonly stack: RunningStack,
    private readonly groups: readonly Keys[],
    private readonly browser: Browser,
  ) {}

  /** Without canary records, which would be in the queue at times of their own. */
  static async start(environment: Environment = {}): Promise<WebStack> {
    const dataDir = makeDataDir();
    const groups = Array.from({ length: MAX_GROUPS }, (_, index) => groupOf(index));
    writeFileSync(join(dataDir, 'keys.json'), JSON.stringify({ tenants: groups.flatMap(({ tenants }) => tenants) }));
    const settings = { DATA_DIR: dataDir, API_KEYS_FILE: join(dataDir, 'keys.json'), WORKER_THREADS: '1', CANARY_SECONDS: '0', ...environment };
    const stack = await startStack(settings);
    return new WebStack(stack, groups.map(({ keys }) => keys), await connectChromium());
  }

  /** The stack as people see it who share tenants with no other test. */
  newPeople(): WebApp {
    const keys = this.groups[this.nextGroup++];
    if (keys === undefined) throw new Error(`more than ${MAX_GROUPS} groups of people`);
    return new WebApp(this.stack, keys, this.browser);
  }

  /** Closes every page, which would otherwise go on asking the API. */
  async closePages(): Promise<void> {
    await Promise.all(this.browser.contexts().map((context) => context.close()));
  }

  /** Closes the browser's connection, its pages with it, and ends the stack. */
  async stop(): Promise<void> {
    await this.browser.close();
    await this.stack.stop();
    rmSync(this.stack.dataDir, { recursive: true, force: true });
  }
}

/** The web app for one group of people: tenants of their own with a key for each kind of person. */
export class WebApp {
  constructor(
    readonly stack: RunningStack,
    readonly keys: Keys,
    private readonly browser: Browser,
  ) {}

  /** Opens a page, signed in when a person is given. `origin` replaces the address of the API, for a proxy before it. */
  async visit(path: string, person?: Person, { origin = this.stack.url, ...options }: BrowserContextOptions & { origin?: string } = {}): Promise<Visitor> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    if (person !== undefined) {
      const signIn = { data: { api_key: this.keys[person] }, headers: { Origin: origin }, timeout: PATIENCE_MS };
      const answer = await context.request.post(`${origin}/v1/session`, signIn);
      if (!answer.ok()) throw new Error(`signing in was answered ${answer.status()}`);
    }
    const page = await context.newPage();
    const visitor: Visitor = { page, complaints: [], addresses: [] };
    page.on('console', (message) => message.type() === 'error' && visitor.complaints.push(message.text()));
    page.on('pageerror', (error) => visitor.complaints.push(error.message));
    page.on('request', (request) => {
      visitor.addresses.push(request.url());
      if (/^https?:/.test(request.url()) && !request.url().startsWith(`${origin}/`)) visitor.complaints.push(`request to ${request.url()}`);
    });
    await page.goto(`${origin}${path}`);
    return visitor;
  }

  /** A request with the person's key, as a program sends it. */
  async call(person: Person, path: string, init: CallInit = {}): Promise<Response> {
    return fetch(`${this.stack.url}${path}`, { ...init, headers: { Authorization: `Bearer ${this.keys[person]}`, ...init.headers } });
  }

  /** Submits a record as JSON; resolves with the prediction's id. */
  async sendRecord(person: Person, record: object, headers: Record<string, string> = {}): Promise<string> {
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(record) };
    return idOf(await this.call(person, '/v1/predictions', init));
  }

  /** Uploads a CSV file; resolves with the batch's id. */
  async sendFile(person: Person, file: Uint8Array): Promise<string> {
    return idOf(await this.call(person, '/v1/batches', { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: new Uint8Array(file) }));
  }
}

async function idOf(response: Response): Promise<string> {
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}

function groupOf(index: number): { keys: Keys; tenants: object[] } {
  const people = Object.entries(PEOPLE).map(([id, { tenant, role }]) => ({
    id, role, tenant: `${tenant}-${index}`, key: `cq_${randomBytes(32).toString('base64url')}`,
  }));
  const tenants = [...new Set(people.map(({ tenant }) => tenant))].map((id) => ({
    id,
    keys: people.filter(({ tenant }) => tenant === id).map(({ id: keyId, role, key }) => ({ id: keyId, role, sha256: createHash('sha256').update(key).digest('hex') })),
  }));
  return { keys: Object.fromEntries(people.map(({ id, key }) => [id, key])) as Record<Person, string>, tenants };
}
