import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT } from '../support/stack-process';
import { WebApp } from '../support/web-app';

const DIST = join(ROOT, 'services/web/dist');
const MOST_SCRIPT_BYTES = 200_000;

const page = readFileSync(join(DIST, 'index.html'), 'utf8');
const scripts = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, file]) => file as string);

test('the page holds no script of its own and names no other host', () => {
  expect(page.match(/<script(?![^>]*\bsrc=)/)).toBeNull();
  expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|https?:/);
});

describe('served by the API', () => {
  let app: WebApp;

  beforeAll(async () => {
    app = await WebApp.start();
  });

  afterAll(async () => {
    await app?.stop();
  });

  const head = async (path: string) => {
    const response = await fetch(`${app.stack.url}${path}`, { redirect: 'manual' });
    await response.arrayBuffer();
    return response;
  };

  test.each(['/', '/sign-in', '/predictions/new', '/predictions/pred_x', '/batches', '/operations', '/models/a/1', '/audit'])('%s is the page, asked for anew each time', async (path) => {
    const response = await head(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toContain('text/html');
    expect(response.headers.get('Cache-Control')).toBe('no-cache');
    expect(response.headers.get('Content-Security-Policy')).toMatch(/default-src 'none'.*style-src 'self'/);
    expect(response.headers.get('Content-Security-Policy')).not.toContain('unsafe');
  });

  test.each(['/sign-in', '/predictions/new', '/predictions', '/batches/new', '/operations', '/models'])('what %s loads first is under 200 kB of script, zipped', async (path) => {
    const { page } = await app.visit('/favicon.svg', path === '/sign-in' ? undefined : 'admin');
    const sizes: Promise<number>[] = [];
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') sizes.push(response.body().then((body) => gzipSync(body, { level: 9 }).length));
    });
    await page.goto(`${app.stack.url}${path}`, { waitUntil: 'networkidle' });
    await page.locator('h1').waitFor();
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(MOST_SCRIPT_BYTES);
  });

  test('scripts and styles go over the wire zipped to whoever takes that', async () => {
    const script = scripts[0] ?? '';
    const zipped = await head(`/${script}`);
    expect(zipped.headers.get('Content-Encoding')).toBe('gzip');
    expect(zipped.headers.get('Vary')).toContain('Accept-Encoding');
    const plain = await fetch(`${app.stack.url}/${script}`, { headers: { 'Accept-Encoding': 'identity' } });
    expect(plain.headers.get('Content-Encoding')).toBeNull();
    expect(await plain.text()).toBe(readFileSync(join(DIST, script), 'utf8'));
  });

  test('a file with a digest in its name is kept for ever', async () => {
    const response = await head(`/${scripts[0] ?? ''}`);
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('Content-Type')).toContain('javascript');
  });

  test.each(['/assets/none.js', '/.inputs', '/assets/../.inputs', '/v1/none', '/none'])('%s is not found, as a problem', async (path) => {
    const response = await head(path);
    expect([401, 404]).toContain(response.status);
    expect(response.headers.get('Content-Type')).toContain('problem+json');
  });
});
