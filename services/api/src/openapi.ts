import { createDocument } from 'zod-openapi';
import { SESSION_COOKIE } from './http/cookie-session';
import { refusals } from './http/documents';
import type { Route } from './http/route';

/** The document that ships, made from the very schemas that check requests. */
export function createOpenApiDocument(routes: Route[], version: string): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, access, operation } of routes) {
    const security = access === 'public' ? [] : [{ apiKey: [] }, { session: [] }];
    // Before any route's own refusals stands the tenant's rate limit.
    const responses = access === 'public' ? operation.responses : { ...operation.responses, ...refusals(429) };
    paths[path] = { ...paths[path], [method]: { ...operation, responses, security } };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Cytoqueue',
      version,
      description: 'How likely breast cytology records are malignant, one by one or by the million. Not a medical device.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' }, session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE } } },
    paths,
  });
}
