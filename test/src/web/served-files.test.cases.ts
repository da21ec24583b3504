import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/stack-process';
import type { WebApp } from '../support/web-app';

const DIST = join(ROOT, 'services/web/dist');

/** The files of the web app as the API serves them. */
export function describeServedFiles(newPeople: () => WebApp): void {
  const script = () =>
    /(?:src|href)="\.\/(assets\/[^"]+\.js)"/.exec(readFileSync(join(DIST, 'index.html'), 'utf8'))?.[1] ?? '';
  let url: string;

  beforeAll(() => {
    ({ url } = newPeople().stack);
  });

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${path}`, { redirect: 'manual', headers });
    return { headers: response.headers, status: response.status, text: await response.text() };
  };

  test.each([
    '/',
    '/sign-in',
    '/predictions/new',
    '/predictions/pred_x',
    '/batches',
    '/operations',
    '/models/a/1',
    '/audit',
    '/worklist',
    '/settings',
    '/performance',
    '/import-profiles',
    '/api-keys',
    '/trainings',
    '/help',
  ])('%s returns the app’s page, revalidated on each request', async (path) => {
    const { status, headers } = await get(path);
    expect(status).toBe(200);
    expect(headers.get('Content-Type')).toContain('text/html');
    expect(headers.get('Cache-Control')).toBe('no-cache');
    expect(headers.get('Content-Security-Policy')).toMatch(/default-src 'none'.*style-src 'self'/);
    expect(headers.get('Content-Security-Policy')).not.toContain('unsafe');
  });

  test.each([
    ['gzip, deflate', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0, gzip', 'gzip'],
    ['identity', null],
  ])('a script is sent to a client that accepts %s as %s', async (accepted, encoding) => {
    const { headers, text } = await get(`/${script()}`, { 'Accept-Encoding': accepted });
    expect(headers.get('Content-Encoding')).toBe(encoding);
    expect(headers.get('Vary')).toContain('Accept-Encoding');
    expect(text).toBe(readFileSync(join(DIST, script()), 'utf8'));
  });

  test('a file with a digest in its name is cached without revalidation', async () => {
    const { headers } = await get(`/${script()}`);
    expect(headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    expect(headers.get('Content-Type')).toContain('javascript');
  });

  test('a browser gets the app for an unknown address, which shows that there is no such page', async () => {
    const { status, headers } = await get('/none/more', { Accept: 'text/html,*/*;q=0.8' });
    expect([status, headers.get('Content-Type')]).toEqual([404, 'text/html; charset=utf-8']);
  });

  test.each(['/assets/none.js', '/.inputs', '/assets/../.inputs', '/.vite/manifest.json', '/v1/none', '/none'])(
    '%s is not found, as a problem',
    async (path) => {
      const { status, headers } = await get(path);
      expect([401, 404]).toContain(status);
      expect(headers.get('Content-Type')).toContain('problem+json');
    },
  );
}
