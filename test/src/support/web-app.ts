import { createHash, randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { connectChromium } from './chromium';
import { type Environment, type RunningStack, makeDataDir, startStack } from './stack-process';
import { waitUntil } from './wait-until';

export type Person = 'clinician' | 'colleague' | 'stranger' | 'operator' | 'admin' | 'maintainer';
type Keys = Readonly<Record<Person, string>>;

const PEOPLE: Readonly<Record<Person, { tenant: string; role: string; platform?: true }>> = {
  clinician: { tenant: 'clinic', role: 'member' },
  colleague: { tenant: 'clinic', role: 'member' },
  stranger: { tenant: 'elsewhere', role: 'member' },
  operator: { tenant: 'operations', role: 'operator' },
  admin: { tenant: 'headquarters', role: 'admin' },
  maintainer: { tenant: 'headquarters', role: 'admin', platform: true },
};

/** Number of tests on one stack that can have separate users. */
const MAX_GROUPS = 200;

/** Half of jest's limit for a test, so that the error names the condition that was not met. */
const TIMEOUT_MS = 300_000;

/** A user's browser page, signed in by default, and the errors that it reported. */
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
    private readonly url: string,
  ) {}

  /** Without canary records, which would enter the queue at unpredictable times. */
  static async start(environment: Environment = {}): Promise<WebStack> {
    const dataDir = makeDataDir();
    const groups = Array.from({ length: MAX_GROUPS }, (_, index) => groupOf(index));
    writeFileSync(join(dataDir, 'keys.json'), JSON.stringify({ tenants: groups.flatMap(({ tenants }) => tenants) }));
    const settings = {
      DATA_DIR: dataDir,
      API_KEYS_FILE: join(dataDir, 'keys.json'),
      WORKER_THREADS: '1',
      CANARY_SECONDS: '0',
      ...environment,
    };
    const stack = await startStack(settings);
    return new WebStack(
      stack,
      groups.map(({ keys }) => keys),
      await connectChromium(),
      environment['PUBLIC_URL'] ?? stack.url,
    );
  }

  /** The app for users whose tenants no other test shares. */
  newPeople(): WebApp {
    const keys = this.groups[this.nextGroup++];
    if (keys === undefined) throw new Error(`more than ${MAX_GROUPS} groups of people`);
    return new WebApp(this.stack, keys, this.browser, this.url);
  }

  /** Closes every page; open pages would keep polling the API. */
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
    /** Address for browsers and clients. */
    readonly url: string,
  ) {}

  /** Opens a page, signed in when a person is given. `url` replaces the address of the API, for a proxy before it. */
  async visit(
    path: string,
    person?: Person,
    { url = this.url, ...options }: BrowserContextOptions & { url?: string } = {},
  ): Promise<Visitor> {
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 900 },
      // Painting the bar of a waiting page sixty times a second takes a core.
      reducedMotion: 'reduce',
      ...options,
    });
    context.setDefaultTimeout(TIMEOUT_MS);
    if (person !== undefined) {
      const signIn = {
        data: { api_key: this.keys[person] },
        headers: { Origin: new URL(url).origin },
        timeout: TIMEOUT_MS,
      };
      const answer = await context.request.post(`${url}/v1/session`, signIn);
      if (!answer.ok()) throw new Error(`signing in was answered ${answer.status()}`);
    }
    const page = await context.newPage();
    const visitor: Visitor = { page, complaints: [], addresses: [] };
    page.on('console', (message) => message.type() === 'error' && visitor.complaints.push(message.text()));
    page.on('pageerror', (error) => visitor.complaints.push(error.message));
    page.on('request', (request) => {
      visitor.addresses.push(request.url());
      if (/^https?:/.test(request.url()) && !request.url().startsWith(`${url}/`))
        visitor.complaints.push(`request to ${request.url()}`);
    });
    await page.goto(`${url}${path}`);
    return visitor;
  }

  /** Sends a request with the user's key. */
  async call(person: Person, path: string, init: CallInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      ...init,
      headers: { Authorization: `Bearer ${this.keys[person]}`, ...init.headers },
    });
  }

  /** Submits a record as JSON; resolves with the prediction's id. */
  async sendRecord(person: Person, record: object): Promise<string> {
    return idOf(
      await this.call(person, '/v1/predictions', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(record),
      }),
    );
  }

  /** Submits a record and waits until it is scored; resolves with the prediction's id. */
  async scoreRecord(person: Person, record: object): Promise<string> {
    const id = await this.sendRecord(person, record);
    return waitUntil(`record ${id} is scored`, async () => {
      const { status } = (await (await this.call(person, `/v1/predictions/${id}`)).json()) as { status: string };
      return status === 'succeeded' && id;
    });
  }

  /** Uploads a CSV file; resolves with the batch's id. */
  async sendFile(person: Person, file: Uint8Array): Promise<string> {
    return idOf(
      await this.call(person, '/v1/batches', {
        method: 'POST',
        headers: { 'Content-Type': 'text/csv' },
        body: new Uint8Array(file),
      }),
    );
  }
}

async function idOf(response: Response): Promise<string> {
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}

function groupOf(index: number): { keys: Keys; tenants: object[] } {
  const people = Object.entries(PEOPLE).map(([id, { tenant, role, platform }]) => ({
    id,
    role,
    platform,
    tenant: `${tenant}-${index}`,
    key: `cq_${randomBytes(32).toString('base64url')}`,
  }));
  const tenants = [...new Set(people.map(({ tenant }) => tenant))].map((id) => ({
    id,
    keys: people
      .filter(({ tenant }) => tenant === id)
      .map(({ id: keyId, role, platform, key }) => ({
        id: keyId,
        role,
        platform,
        sha256: createHash('sha256').update(key).digest('hex'),
      })),
  }));
  return { keys: Object.fromEntries(people.map(({ id, key }) => [id, key])) as Record<Person, string>, tenants };
}
