import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import express, { type RequestHandler, type Router } from 'express';
import type { PublicAddress } from '../http/public-address';

/** Paths that the web app routes itself; other paths without a file are not found. */
const PAGES = [
  '/sign-in',
  '/predictions',
  '/batches',
  '/worklist',
  '/performance',
  '/operations',
  '/models',
  '/trainings',
  '/import-profiles',
  '/audit',
  '/api-keys',
  '/settings',
  '/help',
];

const YEAR_SECONDS = 31_536_000;

export interface WebRouters {
  pages: Router;
  /** Answers browsers that ask for an unknown address with the app, which says so; other clients get the problem. */
  notFound: Router;
}

/**
 * Serves the built web app. File names contain a digest of their content, so browsers cache them; the page that names
 * them is revalidated.
 * @param dist the build folder of `services/web`; nothing is served without a build
 */
export function createWebRouters(dist: string | undefined, address: PublicAddress): WebRouters {
  const pages = express.Router({ caseSensitive: true, strict: true });
  const notFound = express.Router();
  if (dist === undefined || !existsSync(join(dist, 'index.html'))) return { pages, notFound };
  pages.use(
    '/assets',
    servePrecompressed(join(dist, 'assets')),
    express.static(join(dist, 'assets'), {
      immutable: true,
      maxAge: YEAR_SECONDS * 1_000,
      index: false,
      redirect: false,
    }),
  );
  pages.get('/favicon.svg', (_request, response) => response.sendFile(join(dist, 'favicon.svg'), { maxAge: '1d' }));
  const page = sendPage(mountPage(readFileSync(join(dist, 'index.html'), 'utf8'), address.path));
  pages.get('/', page);
  for (const path of PAGES) pages.get(path, page).get(`${path}/*rest`, page);
  notFound.get('/*rest', (request, response, next) => {
    const isOfApp = !/^\/(v1|assets|admin)\//.test(request.path) && request.accepts(['json', 'html']) === 'html';
    if (!isOfApp) return next();
    response.status(404);
    page(request, response, next);
  });
  return { pages, notFound };
}

/** Makes the page's relative file names (`./assets/…`) absolute, because the page is served at many paths. */
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

/** Encodings of the build's compressed files, the smallest first, with the extensions of their names. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** Serves the compressed files of the build, so that no request waits for compression. */
function servePrecompressed(assets: string): RequestHandler {
  const files = new Set(readdirSync(assets));
  return (request, response, next) => {
    const name = request.path.slice(1);
    const type = PRECOMPRESSED_TYPES[extname(name)];
    const built = ENCODINGS.filter(([, extension]) => files.has(`${name}${extension}`));
    if (type !== undefined && built.length > 0) {
      response.vary('Accept-Encoding');
      const [encoding, extension] = built.find(([accepted]) => request.acceptsEncodings(accepted) === accepted) ?? [];
      if (encoding !== undefined) {
        response.set({ 'Content-Encoding': encoding, 'Content-Type': type });
        request.url = `/${name}${extension}`;
      }
    }
    next();
  };
}
