import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import express, { type Router } from 'express';
import { problemPages } from './problem-pages';

const STATIC = join(__dirname, '..', '..', 'static');

/**
 * Serves `/openapi.json` and its viewer at `/docs`, without other hosts.
 * @param createDocument called at the first request: it takes a tenth of the processor time of a start
 */
export function docsRouter(createDocument: () => object): Router {
  const viewer = dirname(require.resolve('swagger-ui-dist/package.json'));
  let json: string | undefined;
  const page = readFileSync(join(STATIC, 'docs.html'), 'utf8');
  const router = express.Router({ caseSensitive: true, strict: true });
  router.get('/openapi.json', (_request, response) => {
    json ??= JSON.stringify(createDocument());
    response.type('json').send(json);
  });
  router.get('/docs', (_request, response) => response.type('html').send(page));
  router.get('/docs/start.js', (_request, response) => response.sendFile(join(STATIC, 'docs-start.js')));
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']) {
    router.get(`/docs/${file}`, (_request, response) => response.sendFile(join(viewer, file), { maxAge: '1d' }));
  }
  router.use(problemPages());
  return router;
}
