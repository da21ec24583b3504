import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type RequestHandler, type Router } from 'express';

/** The app's own paths, which its script draws; anything else that is no file is not found. */
const PAGES = ['/sign-in', '/predictions', '/batches', '/operations', '/models', '/audit'];

/**
 * Stricter than what helmet allows elsewhere: nothing from another host, no inline script and no style element. React
 * sets styles through the object model, which needs no leave.
 */
const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'", "connect-src 'self'",
  "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
].join('; ');

const YEAR_S = 31_536_000;

/**
 * The built web app. File names hold the digest of what is in them, so browsers keep them; the page that names them is asked for anew.
 * @param dist where `services/web` was built to; without a build nothing is served
 */
export function webRouter(dist: string): Router {
  const router = express.Router();
  if (!existsSync(join(dist, 'index.html'))) return router;
  router.use('/assets', express.static(join(dist, 'assets'), { immutable: true, maxAge: YEAR_S * 1_000, index: false, redirect: false }));
  router.get('/favicon.svg', (_request, response) => response.sendFile(join(dist, 'favicon.svg'), { maxAge: '1d' }));
  const page = sendPage(join(dist, 'index.html'));
  router.get('/', page);
  for (const path of PAGES) router.get(path, page).get(`${path}/*rest`, page);
  return router;
}

function sendPage(file: string): RequestHandler {
  return (_request, response) => {
    response.sendFile(file, { cacheControl: false, headers: { 'Cache-Control': 'no-cache', 'Content-Security-Policy': POLICY } });
  };
}
