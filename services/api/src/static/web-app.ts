import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import express, { type RequestHandler, type Router } from 'express';
import type { PublicAddress } from '../http/public-address';

/** The app's own paths, which its script draws; anything else that is no file is not found. */
const PAGES = ['/sign-in', '/predictions', '/batches', '/operations', '/models', '/audit'];

const YEAR_SECONDS = 31_536_000;

/**
 * The built web app. File names hold the digest of what is in them, so browsers keep them; the page that names them is asked for anew.
 * @param dist where `services/web` was built to; without a build nothing is served
 */
export function webRouter(dist: string, address: PublicAddress): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  if (!existsSync(join(dist, 'index.html'))) return router;
  router.use(
    '/assets',
    servePrecompressed(join(dist, 'assets')),
    express.static(join(dist, 'assets'), {
      immutable: true,
      maxAge: YEAR_SECONDS * 1_000,
      index: false,
      redirect: false,
    }),
  );
  router.get('/favicon.svg', (_request, response) => response.sendFile(join(dist, 'favicon.svg'), { maxAge: '1d' }));
  const page = sendPage(mountPage(readFileSync(join(dist, 'index.html'), 'utf8'), address.path));
  router.get('/', page);
  for (const path of PAGES) router.get(path, page).get(`${path}/*rest`, page);
  return router;
}

/** The build names its files relative to the page (`./assets/…`), which is served at many paths; scripts and styles find theirs by their own address. */
function mountPage(html: string, publicPath: string): string {
  return html
    .replaceAll('="./', `="${publicPath}/`)
    .replace('<meta name="base-path" content="" />', `<meta name="base-path" content="${publicPath}" />`);
}

function sendPage(html: string): RequestHandler {
  return (_request, response) => {
    response.set('Cache-Control', 'no-cache').type('html').send(html);
  };
}

const PRECOMPRESSED_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** The build has zipped what is worth it: nothing is compressed while somebody waits. */
function servePrecompressed(assets: string): RequestHandler {
  const precompressed = new Set(readdirSync(assets).filter((name) => name.endsWith('.gz')));
  return (request, response, next) => {
    const file = `${request.path.slice(1)}.gz`;
    if (precompressed.has(file)) {
      response.vary('Accept-Encoding');
      if (request.acceptsEncodings('gzip') === 'gzip') {
        response.set({ 'Content-Encoding': 'gzip', 'Content-Type': PRECOMPRESSED_TYPES[extname(request.path)] });
        request.url = `/${file}`;
      }
    }
    next();
  };
}
