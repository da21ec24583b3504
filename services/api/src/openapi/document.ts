import { createDocument } from 'zod-openapi';
import type { PublicAddress } from '../http/public-address';
import { problemResponses } from './responses';
import type { Route } from '../http/router';
import { rolesFor } from '../session/authenticator';
import { completeSchemas } from './complete-schemas';
import { addHeaders, headerComponents } from './headers';
import { operationDescriptions, tagDescriptions } from './operation-descriptions';
import { requestExamples } from './request-examples';
import { addResponseExamples } from './response-examples';

/** Creates the OpenAPI document from the schemas that validate requests. */
export function createOpenApiDocument(routes: Route[], version: string, address: PublicAddress): object {
  const paths: Record<string, Record<string, unknown>> = {};
  const addExamples = addResponseExamples();
  for (const route of routes) {
    const operation = describeOperation(route);
    const responses = addExamples(operation.responses, route.operation.operationId);
    paths[route.path] = { ...paths[route.path], [route.method]: { ...operation, responses } };
  }
  const document = createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Cytoqueue',
      version,
      description:
        'Predicts malignancy of breast cytology records, for single records and files. Not a medical device.\n\nErrors are `application/problem+json` (RFC 9457); `type` is stable, and `Link` with rel="help" leads to a page with cause and remedy. Responses, enumerations of states and events may gain members: ignore what you do not know. Requests with unknown members are refused.',
      license: { name: 'MIT', identifier: 'MIT' },
      contact: { name: 'The operators of this installation' },
    },
    servers: [{ url: address.server, description: 'This installation' }],
    tags: Object.entries(tagDescriptions).map(([name, description]) => ({ name, description })),
    components: {
      headers: headerComponents,
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: `Authorization: Bearer cq_…`' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: address.cookieName,
          description: 'The cookie of a browser session, see signIn',
        },
      },
    },
    paths,
  });
  completeSchemas(document);
  return document;
}

function describeOperation(route: Route) {
  const { operation, access } = route;
  const { operationId } = operation;
  const roles = access === 'public' ? [] : access === 'platform' ? ['platform'] : rolesFor[access];
  const role =
    access === 'public'
      ? 'Needs no API key.'
      : access === 'platform'
        ? 'Required: a key with platform rights.'
        : `Required role: ${roles.join(' or ')}.`;
  // Every authenticated route may reject an undecodable address (400) or exceed the rate limit (429).
  const responses =
    access === 'public' ? operation.responses : { ...problemResponses(400, 429), ...operation.responses };
  return {
    ...operation,
    description: `${operationDescriptions[operationId] ?? ''}\n\n${role}`.trim(),
    requestBody: withExamples(operation.requestBody, requestExamples[operationId]),
    responses: addHeaders(responses, route),
    // An empty requirement says that the operation is public.
    security: access === 'public' ? [] : [{ apiKey: [] }, { session: [] }],
    'x-required-roles': roles,
  };
}

function withExamples(body: unknown, examples: Record<string, unknown> | undefined): unknown {
  if (examples === undefined || body === undefined) return body;
  const { content, ...rest } = body as { content: Record<string, object> };
  const withExample = Object.entries(content).map(([type, media]) => [
    type,
    type in examples ? { ...media, example: examples[type] } : media,
  ]);
  return { ...rest, content: Object.fromEntries(withExample) as object };
}
