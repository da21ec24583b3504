import { type Readiness, describeProblems } from '@cytoqueue/runtime';
import { z } from 'zod';
import { jsonResponse, problemResponses } from '../openapi/responses';
import { Problem } from '../http/problem';
import type { Route } from '../http/router';

const tags = ['health'];
const ok = z.strictObject({ status: z.literal('ok') });

/** The API needs Redis and the store to be ready, but no workers: accepted work waits for them. */
export interface HealthDeps {
  readiness: Pick<Readiness, 'unavailableDependencies'>;
}

export function healthRoutes({ readiness }: HealthDeps): Route[] {
  return [
    {
      method: 'get',
      path: '/health/live',
      access: 'public',
      operation: {
        operationId: 'live',
        summary: 'Liveness of the process',
        tags,
        responses: { 200: jsonResponse('The process is alive', ok) },
      },
      handle: async ({ response }) => {
        response.json({ status: 'ok' });
      },
    },
    {
      method: 'get',
      path: '/health/ready',
      access: 'public',
      operation: {
        operationId: 'ready',
        summary: 'Readiness: Redis and the object store are available and correctly configured',
        tags,
        responses: { 200: jsonResponse('The service is ready', ok), ...problemResponses(503) },
      },
      handle: async ({ response }) => {
        const problems = await readiness.unavailableDependencies();
        if (problems.length > 0)
          throw new Problem('unavailable', `Unavailable: ${describeProblems(problems)}. Try again.`, {
            headers: { 'Retry-After': '2' },
          });
        response.json({ status: 'ok' });
      },
    },
  ];
}
