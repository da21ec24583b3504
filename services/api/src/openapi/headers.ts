import type { Route } from '../http/router';

const text = { type: 'string' } as const;

/** The response headers that several operations share. */
export const headerComponents = {
  'X-Request-Id': { description: 'Names the request in the logs', schema: text },
  RateLimit: {
    description: 'What is left of the minute, in units: `"tenant";r=5990;t=42`',
    schema: text,
  },
  'RateLimit-Policy': { description: 'Units per minute of the tenant: `"tenant";q=6000;w=60`', schema: text },
  'Retry-After': { description: 'Seconds to wait before the request is sent again', schema: text },
  Location: { description: 'Address of the resource', schema: text },
  Sunset: { description: 'When the resource expires and answers 410 (RFC 8594)', schema: text },
  Link: { description: 'rel="next": the next page; rel="help": the page of a problem', schema: text },
  ETag: { description: 'Names the bytes of the file, for If-None-Match and If-Range', schema: text },
  'Content-Disposition': { description: 'Name to save the file under', schema: text },
  'Content-Range': { description: 'Which bytes the body holds', schema: text },
  'Accept-Ranges': { description: '`bytes` for files that support ranges', schema: text },
  'WWW-Authenticate': { description: '`Bearer`', schema: text },
  'Preference-Applied': { description: 'The wait limit that was used', schema: text },
};

export type HeaderName = keyof typeof headerComponents;

/** References to shared headers. */
export function headers(...names: HeaderName[]): Record<string, never> {
  const references = names.map((name) => [name, { $ref: `#/components/headers/${name}` }]);
  return Object.fromEntries(references) as Record<string, never>;
}

const DOWNLOAD: HeaderName[] = ['ETag', 'Content-Disposition', 'Accept-Ranges', 'Sunset'];
const DOWNLOADS = new Set(['getBatchResults', 'getBatchErrors', 'getBatchChanges']);
/** Operations whose response of the status names the resource. */
const LOCATED: Record<string, readonly string[]> = {
  201: ['createPrediction', 'createConfirmation'],
  202: ['createPrediction', 'createBatch', 'retryBatch', 'cancelBatch', 'rescoreBatch', 'createTraining'],
};

/** Adds the headers that follow from the route to its responses below 400. */
export function addHeaders(responses: object, route: Route): object {
  const { operationId } = route.operation;
  return Object.fromEntries(
    Object.entries(responses as Record<string, { headers?: object }>).map(([status, response]) => {
      if (Number(status) >= 400) return [status, response];
      const names: HeaderName[] = ['X-Request-Id'];
      if (route.access !== 'public') names.push('RateLimit', 'RateLimit-Policy');
      if (LOCATED[status]?.includes(operationId) === true) names.push('Location');
      if (status === '202') names.push('Retry-After');
      if (operationId === 'createPrediction') names.push('Preference-Applied');
      if (operationId.startsWith('list') && hasParameter(route, 'after')) names.push('Link');
      if (DOWNLOADS.has(operationId)) names.push(...DOWNLOAD);
      else if (route.method === 'get' && /^\/v1\/(predictions|batches|trainings)\/\{id\}/.test(route.path))
        names.push('Sunset');
      if (status === '206') names.push('Content-Range');
      if (status === '303') names.push('Location');
      return [status, { ...response, headers: { ...response.headers, ...headers(...names) } }];
    }),
  );
}

function hasParameter({ operation }: Route, name: string): boolean {
  const query = operation.requestParams?.query as { shape?: Record<string, unknown> } | undefined;
  return query?.shape?.[name] !== undefined;
}
