import { createDocument } from 'zod-openapi';
import { problemResponses } from './http/response-schemas';
import type { PublicAddress } from './http/public-address';
import type { Route } from './http/router';

/** Creates the OpenAPI document from the schemas that validate requests. */
export function createOpenApiDocument(routes: Route[], version: string, address: PublicAddress): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, access, operation } of routes) {
    const security = access === 'public' ? [] : [{ apiKey: [] }, { session: [] }];
    // Every authenticated route may reject an undecodable address (400) or exceed the rate limit (429).
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
        'Predicts malignancy of breast cytology records, for single records and CSV batches. Not a medical device.',
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
