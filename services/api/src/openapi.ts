import { createDocument } from 'zod-openapi';
import { problemResponses } from './http/response-schemas';
import type { PublicAddress } from './http/public-address';
import type { Route } from './http/router';

/** The document that ships, made from the very schemas that check requests. */
export function createOpenApiDocument(routes: Route[], version: string, address: PublicAddress): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, access, operation } of routes) {
    const security = access === 'public' ? [] : [{ apiKey: [] }, { session: [] }];
    // Before any route's own refusals stand an address that cannot be decoded and the tenant's rate limit.
    const responses =
      access === 'public' ? operation.responses : { ...problemResponses(400, 429), ...operation.responses };
    paths[path] = { ...paths[path], [method]: { ...operation, responses, security } };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Cytoqueue',
      version,
      description:
        'How likely breast cytology records are malignant, one by one or by the million. Not a medical device.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: address.server }],
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: address.cookieName },
      },
    },
    paths,
  });
}
